import { EndpointStringError } from './endpoint-string-error.ts'

/** An endpoint string, taken apart. @internal */
export interface EndpointWords {
  /** Which type it is of: `tcp`. */
  readonly prefix: string
  readonly args: readonly string[]
  /** Without a prototype, so that it has the names that were given and no others. */
  readonly keywords: Readonly<Record<string, string>>
}

/**
 * Takes an endpoint string apart as Twisted does: `:` separates its words, the first
 * `=` of a word makes it a keyword, and `\` takes the next character for what it is.
 *
 * @throws EndpointStringError; TypeError if it is no string
 *
 * @internal
 */
export function splitEndpoint(description: string): EndpointWords {
  if (typeof description !== 'string') {
    throw new TypeError(`An endpoint string must be a string, not ${description}`)
  }
  const [first, ...rest] = wordsOf(description)
  if (first === undefined || first.name !== undefined || first.value === '') {
    throw new EndpointStringError(description, 'it does not begin with a type, such as tcp:')
  }
  const args: string[] = []
  const keywords: Record<string, string> = Object.create(null)
  for (const { name, value } of rest) {
    if (name === undefined) args.push(value)
    else if (name in keywords) throw twice(description, name)
    else keywords[name] = value
  }
  return { prefix: first.value, args, keywords }
}

/** Whether a text can be the prefix of a type. @internal */
export function isPrefix(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9._+-]*$/.test(text)
}

/** @internal */
export function twice(description: string, name: string): EndpointStringError {
  return new EndpointStringError(description, `${name} is given twice`, COLON_HINT)
}

/** An address of IPv6 is the usual one to forget it in. @internal */
export const COLON_HINT: string = String.raw`a ':' in a value is written '\:'`

/** A word as it stands between two colons. */
interface Word {
  /** What is before its first `=`, if there is one. */
  readonly name: string | undefined
  readonly value: string
}

function wordsOf(description: string): Word[] {
  const words: Word[] = []
  let name: string | undefined
  let text = ''
  for (let at = 0; at < description.length; at += 1) {
    const character = description[at]
    if (character === '\\') {
      at += 1
      if (at === description.length) {
        throw new EndpointStringError(description, "it ends with a '\\' that escapes nothing")
      }
      text += description[at]
    } else if (character === ':') {
      words.push({ name, value: text })
      name = undefined
      text = ''
    } else if (character === '=' && name === undefined) {
      name = text
      text = ''
    } else text += character
  }
  return [...words, { name, value: text }]
}

/**
 * Writes a value so that it means itself in an endpoint string, wherever it stands
 * there: each backslash, `:` and `=` gets a backslash before it. Never throws.
 *
 * @param argument - the value, such as an address of IPv6 or a path
 *
 * @see Twisted's `twisted.internet.endpoints.quoteStringArgument`
 *
 * @example
 * import { quoteStringArgument } from 'runnerd'
 *
 * const where = `tcp:8080:interface=${quoteStringArgument('::1')}` // tcp:8080:interface=\:\:1
 */
export function quoteStringArgument(argument: string): string {
  return argument.replace(/[\\:=]/g, '\\$&')
}
