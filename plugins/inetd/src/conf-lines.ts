import type { Fault } from './conf-error.ts'

/** The words of one entry, and the line that it begins on. */
export interface ConfLine {
  readonly line: number
  readonly words: string[]
}

/**
 * Splits the file as inetd does: `#` begins a comment at the beginning of a line and
 * nowhere else, and a line that begins with a space goes on with the entry before it.
 */
export function confLines(text: string, faults: Fault[]): ConfLine[] {
  const entries: ConfLine[] = []
  let last: ConfLine | undefined
  for (const [at, raw] of text.split('\n').entries()) {
    const words = raw.split(/[ \t\r\v\f]+/).filter((word) => word !== '')
    const line = at + 1
    const [first] = words
    if (first === undefined) last = undefined
    else if (raw.includes('\0')) faults.push({ line, reason: 'there is a NUL in it' })
    else if (first.startsWith('#')) continue
    else if (last === undefined || !/^\s/.test(raw)) {
      last = { line, words }
      entries.push(last)
    } else if (isWhole(words)) {
      const reason = `it begins with a space, and so it would go on with line ${last.line}`
      faults.push({ line, reason })
    } else last.words.push(...words)
  }
  return entries
}

/** Nobody means that as arguments of the entry before it. */
function isWhole([, type = '', , wait = '', , program]: readonly string[]): boolean {
  return /^(stream|dgram)$/.test(type) && /^(no)?wait\b/.test(wait) && program !== undefined
}
