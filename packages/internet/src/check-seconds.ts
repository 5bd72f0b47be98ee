/** The most that a timer of Node takes. */
const MOST = (2 ** 31 - 1) / 1000

/**
 * @param what - which option it is of
 * @throws RangeError if it is no number of seconds, 0 or more, that a timer can wait
 *
 * @internal
 */
export function checkSeconds(what: string, seconds: number): number {
  if (seconds >= 0 && seconds <= MOST) return seconds
  throw new RangeError(`The ${what} must be a number of seconds from 0 to ${MOST}, not ${seconds}`)
}
