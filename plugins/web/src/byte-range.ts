/** Where a part of a file begins and ends; both bytes are in it. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const RANGE = /^(?:(\d+)-(\d*)|-(\d+))$/

/**
 * Reads the header `Range`: RFC 9110, 14.1.2 and 14.2. Several ranges are answered with the
 * whole file, as the RFC allows: whoever asks for many small ones is not to cost more
 * than one who asks for all.
 *
 * @param size - of the file, in bytes
 * @returns `undefined` if the whole file is the answer; `unsatisfiable` for status 416
 */
export function byteRange(header: string, size: number): ByteRange | 'unsatisfiable' | undefined {
  const set = /^bytes\s*=\s*(.+)$/i.exec(header)?.[1]
  const [, first, last, suffix] = RANGE.exec(set?.trim() ?? '') ?? []
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
