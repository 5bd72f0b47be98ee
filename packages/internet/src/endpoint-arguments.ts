import { isIPv4 } from 'node:net'
import { COLON_HINT, type EndpointWords, splitEndpoint, twice } from './endpoint-string.ts'
import { EndpointStringError, shown } from './endpoint-string-error.ts'

/**
 * The arguments of one endpoint string, by the names that its type has for them: each
 * is given by its place or by its name. Reading one that isn't right throws an error
 * that names it.
 *
 * @internal
 */
export class EndpointArguments {
  readonly #description: string
  readonly #values = new Map<string, string>()

  /**
   * @param names - what the type takes, in the order of Twisted's parameters
   * @throws EndpointStringError for one that the type doesn't take, or that is given twice
   */
  constructor(
    description: string,
    names: readonly string[],
    { prefix, args, keywords }: EndpointWords = splitEndpoint(description),
  ) {
    this.#description = description
    const takes = `${prefix}: takes ${listOf(names)}`
    const extra = args[names.length]
    if (extra !== undefined) {
      throw this.error(`${shown(extra)} is one argument too many; ${takes}`, COLON_HINT)
    }
    for (const [at, value] of args.entries()) this.#values.set(names[at] as string, value)
    for (const [name, value] of Object.entries(keywords)) {
      if (!names.includes(name)) throw this.error(`unknown keyword ${shown(name)}; ${takes}`)
      if (this.#values.has(name)) throw twice(description, name)
      this.#values.set(name, value)
    }
  }

  /** `undefined` if it isn't given. */
  text(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** One that must be given, and not be empty. */
  required(name: string): string {
    const text = this.text(name)
    if (text === undefined || text === '') throw this.error(`the ${name} is missing`)
    return text
  }

  /** One that may be left out, and has something to say if it isn't. */
  filled(name: string): string | undefined {
    return this.text(name) === '' ? this.required(name) : this.text(name)
  }

  /** @param least - 0, where the system may choose one */
  port(least: 0 | 1 = 0): number {
    const text = this.required('port')
    const port = /^\d+$/.test(text) ? Number(text) : -1
    if (port >= least && port <= 65535) return port
    throw this.error(`the port must be a number from ${least} to 65535, not ${shown(text)}`)
  }

  /** A number that is not negative. */
  number(name: string, text: string | undefined = this.text(name)): number | undefined {
    if (text === undefined) return undefined
    if (/^\d+$/.test(text) && Number(text) <= MOST) return Number(text)
    throw this.error(`the ${name} must be a number, not ${shown(text)}`)
  }

  /** An octal number of at most 777. */
  mode(): number | undefined {
    const text = this.text('mode')
    if (text === undefined) return undefined
    if (/^0?[0-7]{1,3}$/.test(text)) return Number.parseInt(text, 8)
    throw this.error(`the mode must be an octal number of at most 777, not ${shown(text)}`)
  }

  /** One of a few words. */
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name)
    if (text === undefined || (words as readonly string[]).includes(text)) return text as Word
    throw this.error(`the ${name} must be ${listOf(words, 'or')}, not ${shown(text)}`)
  }

  /** One of IPv6. */
  interface6(): string {
    const text = this.text('interface') ?? ''
    if (!isIPv4(text)) return text || '::'
    throw this.error(`the interface ${text} is not of IPv6`, 'tcp: is for IPv4')
  }

  /** A path of the file system. */
  path(name: string, text: string | undefined = this.filled(name)): string | undefined {
    if (!text?.includes('\0')) return text
    throw this.error(`the ${name} has a NUL in it`)
  }

  error(reason: string, hint?: string): EndpointStringError {
    return new EndpointStringError(this.#description, reason, hint)
  }
}

/** The largest number that the system takes. */
const MOST = 2 ** 31 - 1

function listOf(words: readonly string[], last = 'and'): string {
  const [end, ...before] = [...words].reverse()
  return before.length === 0 ? String(end) : `${before.reverse().join(', ')} ${last} ${end}`
}
