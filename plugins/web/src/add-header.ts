import { validateHeaderName, validateHeaderValue } from 'node:http'
import { UsageError } from 'runnerd'

/** Headers for every answer: a name that was given twice has both values. */
export type AddedHeaders = ReadonlyMap<string, string | string[]>

/**
 * What a server says of the message or of its connection (RFC 9110, 7.6.1). Said of every
 * answer they are wrong, and Node throws at one of HTTP/2 that has them.
 */
const ITS_OWN = new Set([
  ...['content-length', 'http2-settings', 'keep-alive', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
])

/**
 * Reads the values of `--add-header`, `Name: value` each.
 *
 * @throws UsageError
 */
export function addedHeaders(given: readonly string[]): AddedHeaders {
  const headers = new Map<string, string | string[]>()
  for (const each of given) {
    const at = each.indexOf(':')
    if (at < 1) throw wrong(each, "it must be 'Name: value'")
    const name = each.slice(0, at).trim()
    const value = each.slice(at + 1).trim()
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch (error) {
      throw wrong(each, (error as Error).message.replace(/^Header name must/, 'the name must'))
    }
    const key = name.toLowerCase()
    if (ITS_OWN.has(key)) throw wrong(each, `${name} is the server's own to say`)
    const before = headers.get(key)
    headers.set(key, before === undefined ? value : [before, value].flat())
  }
  return headers
}

function wrong(given: string, reason: string): UsageError {
  return new UsageError(`cannot use --add-header ${given}: ${reason}`)
}
