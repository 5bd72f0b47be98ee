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
  if (match !== undefined) {
    if (!matches(match, validators.etag)) return 412
  } else if (since !== undefined) {
    if (Date.parse(validators['last-modified']) > Date.parse(since)) return 412
  }
  return fresh(asked, validators) ? 304 : 200
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
