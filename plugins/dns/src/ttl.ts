/** As long as anything may be kept, RFC 2181, section 8. */
export const LONGEST_TTL = 2 ** 31 - 1

const units: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Whether a word of a master file is a time: `300`, `1h30m`, `2W`. */
export function isTtl(text: string): boolean {
  return /^(\d+|(\d+[smhdw])+)$/i.test(text)
}

/** Seconds of a time as master files have it. @throws Error if it is none */
export function parseTtl(text: string): number {
  if (!isTtl(text)) throw new Error(`${text} is no time: such as 3600, 1h or 2d12h`)
  let seconds = 0
  for (const [, count, unit = 's'] of text.matchAll(/(\d+)([smhdw]?)/gi)) {
    seconds += Number(count) * (units[unit.toLowerCase() || 's'] ?? 1)
  }
  if (seconds > LONGEST_TTL) throw new Error(`${text} is more than ${LONGEST_TTL} seconds`)
  return seconds
}
