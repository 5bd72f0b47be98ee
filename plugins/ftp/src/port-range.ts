import { UsageError } from 'runnerd'

/** Ports from the first to the last, both among them. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/**
 * Reads `40000-40099`, or one port.
 *
 * @throws UsageError
 */
export function parsePortRange(text: string): PortRange {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (match === null || first < 1 || last > 65535 || first > last) {
    throw new UsageError(
      `cannot use --passive-ports ${text}: it must be two ports from 1 to 65535, the lower one first`,
      { hint: 'such as --passive-ports 40000-40099' },
    )
  }
  return { first, last }
}

/** Each of its ports once, from any of them on: sessions don't queue for the first. */
export function* portsOf({ first, last }: PortRange): Generator<number> {
  const length = last - first + 1
  const begin = Math.floor(Math.random() * length)
  for (let n = 0; n < length; n += 1) yield first + ((begin + n) % length)
}
