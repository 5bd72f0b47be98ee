import type { IncomingHttpHeaders } from 'node:http'
import fresh from 'fresh'

/** What tells one state of a file from another. */
export interface Validators extends Record<string, string> {
  readonly etag: string
  readonly 'last-modified': string
}

interface Validated {
  readonly validators: Validators
}

/**
 * Evaluates the conditions of a GET or HEAD in the order of RFC 9110, 13.2.2, but for
 * `If-Range`.
 *
 * @returns the status that says all, or 200 if the file is to be sent
 */
export function evaluate(asked: IncomingHttpHeaders, { validators }: Validated): 200 | 304 | 412 {
  const { 'if-match': match, 'if-unmodified-since': since } = asked
  const changed = dateOf(validators['last-modified'])
  if (match !== undefined) {
    if (!matches(match, validators.etag)) return 412
  } else if (changed > dateOf(since)) return 412
  const { 'if-none-match': none, 'if-modified-since': after } = asked
  if (none === undefined) return changed <= dateOf(after) ? 304 : 200
  // Of `Cache-Control: no-cache`, which asks for just this, it would take every file for changed.
  return fresh({ 'if-none-match': none }, validators) ? 304 : 200
}

/** As C's asctime has it, which names no zone: RFC 9110, 5.6.7. */
const ASCTIME = /^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}$/

/** @returns NaN for what is no date of HTTP, which begins with a day of the week */
function dateOf(text = ''): number {
  if (!/^[a-z]{3}/i.test(text)) return Number.NaN
  return Date.parse(ASCTIME.test(text) ? `${text} GMT` : text)
}

/** Whether a range is of the file that the client has the rest of: RFC 9110, 13.1.5. */
export function isSameFile(asked: IncomingHttpHeaders, { validators }: Validated): boolean {
  const ifRange = asked['if-range'] as string | undefined
  // A weak tag, which begins with W/, can't say so, and is no date either.
  return ifRange === undefined || Object.values(validators).includes(ifRange)
}

function matches(list: string, etag: string): boolean {
  return list.trim() === '*' || list.split(',').some((each) => each.trim() === etag)
}
