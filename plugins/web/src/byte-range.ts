/** Where a part of a file begins and ends; both bytes are in it. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const RANGE = /^(?:(\d+)-(\d*)|-(\d+))$/

/** Who asks for more parts gets the whole file: that costs less. */
const MOST = 16

/**
 * Reads the header `Range`: RFC 9110, 14.1.2 and 14.2. What is no such header, or asks for
 * more than there is in all, is answered with the whole file, as the RFC allows:
 * whoever asks for many parts is not to cost more than one who asks for all.
 *
 * @param size - of the file, in bytes
 * @returns the parts that there are, in the order in which they were asked for;
 * `undefined` if the whole file is the answer; `unsatisfiable` for status 416
 */
export function byteRanges(
  header: string,
  size: number,
): readonly ByteRange[] | 'unsatisfiable' | undefined {
  const set = /^bytes\s*=(.+)$/i.exec(header)?.[1]
  // Empty elements of a list are none.
  const specs = set?.split(',').flatMap((each) => each.trim() || [])
  if (specs === undefined || specs.length === 0 || specs.length > MOST) return undefined
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const range = rangeOf(spec, size)
    if (range === undefined) return undefined
    if (range !== 'unsatisfiable') ranges.push(range)
  }
  if (ranges.length === 0) return 'unsatisfiable'
  const total = ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0)
  return ranges.length > 1 && total > size ? undefined : ranges
}

/** @returns `undefined` for what is no range */
function rangeOf(spec: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last, suffix] = RANGE.exec(spec) ?? []
  if (suffix !== undefined) {
    if (Number(suffix) === 0) return 'unsatisfiable'
    // No range says that it is of nothing.
    if (size === 0) return undefined
    return { start: Math.max(0, size - Number(suffix)), end: size - 1 }
  }
  if (first === undefined) return undefined
  const start = Number(first)
  const end = last ? Number(last) : size - 1
  if (last && end < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: Math.min(end, size - 1) }
}
