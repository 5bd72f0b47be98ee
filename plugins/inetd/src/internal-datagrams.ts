import { CHARGEN } from './chargen-lines.ts'
import { daytime, time } from './clock-services.ts'
import type { InternalName } from './internal-name.ts'

/** The longest datagram of RFC 864. */
const LONGEST = 512

/**
 * What the internal services answer to a datagram; nothing if there is no answer.
 * chargen is no longer than what it answers, as the RFC lets it choose: otherwise a
 * byte with a forged sender would send 512 to somebody else.
 */
export const internalDatagrams: {
  readonly [name in InternalName]: (data: Buffer) => string | Buffer | undefined
} = {
  echo: (data) => data,
  discard: () => undefined,
  chargen: (data) => CHARGEN.subarray(0, Math.min(data.length, LONGEST)),
  daytime: () => daytime(new Date()),
  time: () => time(new Date()),
}
