import { TooManyChecksError } from './errors.ts'

/** How many checks are made at a time. Node has four threads, and files want some. */
const AT_ONCE = 2

/** How many more may wait for their turn. */
const MOST_WAITING = 64

let running = 0
const waiting: (() => void)[] = []

/**
 * Does a check when its turn comes, in the order they were asked for, for the whole
 * process: what is checked at once takes memory at once.
 *
 * @throws TooManyChecksError if too many wait already, or what the check throws
 */
export async function inTurn<T>(check: () => Promise<T>): Promise<T> {
  if (running < AT_ONCE) running += 1
  else if (waiting.length < MOST_WAITING)
    await new Promise<void>((resolve) => waiting.push(resolve))
  else throw new TooManyChecksError()
  try {
    return await check()
  } finally {
    // The place is handed on, so that nobody comes in between.
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}
