import { validateHeaderName, validateHeaderValue } from 'node:http'
import { UsageError } from 'runnerd'

/** Headers for every answer: a name that was given twice has both values. */
export type AddedHeaders = ReadonlyMap<string, string | string[]>

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
    const before = headers.get(key)
    headers.set(key, before === undefined ? value : [before, value].flat())
  }
  return headers
}

function wrong(given: string, reason: string): UsageError {
  return new UsageError(`cannot use --add-header ${given}: ${reason}`)
}
