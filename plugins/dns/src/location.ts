import type { Words } from './rdata-text.ts'

/** What is meant where a record doesn't say it, in centimetres: its size and how exact it is. */
const DEFAULTS = [100, 1_000_000, 1000] as const

/** That of the equator and of the prime meridian, in thousandths of a second of arc. */
const MIDDLE = 2 ** 31
/** How far below the ground of WGS 84 altitudes begin, in centimetres. */
const DEPTH = 10_000_000

/**
 * What a LOC record says, RFC 1876: `52 22 23.5 N 4 53 32 E -2.00m 10m`, in the order of
 * the wire.
 *
 * @throws Error saying what is wrong
 */
export function location(words: Words): Buffer {
  const latitude = angle(words, 'NS', 90)
  const longitude = angle(words, 'EW', 180)
  const altitude = metres(words.take('an altitude')) + DEPTH
  if (altitude < 0 || altitude >= 2 ** 32)
    throw new Error('an altitude is from -100000m to 42849672.95m')
  const precisions = DEFAULTS.map((least) => (words.areLeft ? metres(words.take('a size')) : least))
  const bytes = Buffer.alloc(16)
  for (const [at, each] of precisions.entries()) bytes.writeUInt8(power(each), at + 1)
  for (const [at, each] of [latitude, longitude, altitude].entries()) {
    bytes.writeUInt32BE(each, 4 + 4 * at)
  }
  return bytes
}

/** Degrees, and minutes and seconds if they are said, up to one of two letters. */
function angle(words: Words, letters: string, most: number): number {
  const parts: number[] = []
  for (;;) {
    const word = words.take(`${letters[0]} or ${letters[1]}`)
    const side = letters.indexOf(word.toUpperCase())
    if (side !== -1 && word.length === 1 && parts.length > 0) {
      const [degrees = 0, minutes = 0, seconds = 0] = parts
      const thousandths = Math.round((degrees * 3600 + minutes * 60 + seconds) * 1000)
      if (minutes >= 60 || seconds >= 60 || thousandths > most * 3_600_000) {
        throw new Error(`${parts.join(' ')} ${word} is no place on the earth`)
      }
      return side === 0 ? MIDDLE + thousandths : MIDDLE - thousandths
    }
    if (
      !(parts.length < 2 ? /^\d{1,3}$/ : /^\d{1,2}(\.\d{1,3})?$/).test(word) ||
      parts.length > 2
    ) {
      throw new Error(`${word} is not ${letters[0]} or ${letters[1]}, nor a number before it`)
    }
    parts.push(Number(word))
  }
}

/** In centimetres. */
function metres(word: string): number {
  const [, number] = /^(-?\d{1,8}(?:\.\d{1,2})?)m?$/i.exec(word) ?? []
  if (number === undefined) throw new Error(`${word} is no number of metres`)
  return Math.round(Number(number) * 100)
}

/** A digit, and ten to the power of another, in one byte: what is nearest below. */
function power(centimetres: number): number {
  if (centimetres < 0) throw new Error('a size is not below 0')
  let exponent = 0
  let digit = centimetres
  for (; digit >= 10; exponent += 1) digit = Math.floor(digit / 10)
  return digit * 16 + exponent
}
