/**
 * A number of things, in words that agree with it.
 *
 * @param count - how many
 * @param noun - what one of them is called; several have an s behind it
 * @returns such as `1 second` or `0.5 seconds`
 *
 * @example
 * import { counted, log } from 'runnerd'
 *
 * log.msg(`closed after ${counted(1, 'second')}`)
 */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
