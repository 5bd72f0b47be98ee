import { type LogPart, openPart, partsBefore } from './log-files.ts'

const NEWLINE = 10
const BLOCK = 65_536

/**
 * The last lines of a log: of its newest file, which is open, and of the rotated ones
 * before it, as many as that takes.
 *
 * @param size how much of the newest counts: what comes later is news
 * @param complain hears of rotated ones that are damaged
 */
export async function* lastLines(
  path: string,
  live: LogPart,
  size: number,
  count: number,
  complain: (line: string) => void,
): AsyncGenerator<Buffer> {
  const { at, left } = startOfLast(live, size, count)
  if (left > 0) yield* lastOfRotated(path, live, left, complain)
  yield* bytesFrom(live, at, size)
}

async function* lastOfRotated(
  path: string,
  live: LogPart,
  count: number,
  complain: (line: string) => void,
): AsyncGenerator<Buffer> {
  const parts: { part: LogPart; at: number }[] = []
  let wanted = count
  for (const { path: each } of partsBefore(path, live).reverse()) {
    if (wanted === 0) break
    const part = await openPart(each, complain)
    // It may have been rotated and compressed since it was opened.
    if (part === undefined || part.isMadeOf(live)) continue
    const { at, left } = startOfLast(part, part.size, wanted)
    parts.unshift({ part, at })
    wanted = left
  }
  for (const { part, at } of parts) {
    yield* bytesFrom(part, at, part.size)
    part.close()
  }
}

/** Where the last lines of a part begin, and how many more there should have been. */
function startOfLast(part: LogPart, size: number, count: number): { at: number; left: number } {
  if (count === 0) return { at: size, left: 0 }
  let left = count
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK)
    const block = part.read(start, end - start)
    for (let i = block.length - 1; i >= 0; i -= 1) {
      // The last line break ends a line and begins none.
      if (block[i] !== NEWLINE || start + i === size - 1) continue
      left -= 1
      if (left === 0) return { at: start + i + 1, left }
    }
    end = start
  }
  return { at: 0, left: size === 0 ? left : left - 1 }
}

function* bytesFrom(part: LogPart, from: number, to: number): Generator<Buffer> {
  for (let at = from; at < to; ) {
    const bytes = part.read(at, to - at)
    if (bytes.length === 0) return
    at += bytes.length
    yield bytes
  }
}
