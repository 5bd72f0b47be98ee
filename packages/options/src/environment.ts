import { delimiter } from 'node:path'
import { elementType, isList } from './option-names.ts'
import type { OptionSpec } from './option-spec.ts'
import { UsageError } from './usage-error.ts'

const YES = new Set(['1', 'true', 'yes', 'on'])
const NO = new Set(['', '0', 'false', 'no', 'off'])

/** Endpoint strings, which have colons in them; one with a space has a `\` before it. */
const ENDPOINTS = /(?:\\[\s\S]|[^\s\\]|\\$)+/g

/** The variable an option is read from: `RUNNER_FASTPOETRY_PORT` for `port` of `fastpoetry`. */
export function variableName(prefix: string, option: string): string {
  return `${prefix}_${option}`
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase()
}

/**
 * The options that the environment gives, each as the texts a command line
 * would give. A list is separated as PATH is, one of endpoints by spaces; a flag is 1,
 * true, yes or on, or 0, false, no, off or empty; a count is a number.
 *
 * @throws UsageError for a value that isn't of its option's type
 */
export function readEnvironment(
  options: readonly (readonly [name: string, option: OptionSpec])[],
  prefix: string,
  variables: NodeJS.ProcessEnv,
): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const [name, option] of options) {
    const variable = variableName(prefix, name)
    const text = variables[variable]
    if (text === undefined) continue
    const texts = textsIn(text, option, variable)
    if (texts.length > 0) values.set(name, texts)
  }
  return values
}

function textsIn(text: string, option: OptionSpec, variable: string): string[] {
  if (isList(option)) {
    const parts = option.endpoint === undefined ? text.split(delimiter) : text.match(ENDPOINTS)
    return (parts ?? [])
      .filter((part) => part !== '')
      .map((part) => checked(part, option, variable))
  }
  const one = checked(text, option, variable)
  return option.type === 'count' ? Array(Number(one)).fill('true') : [one]
}

function checked(text: string, option: OptionSpec, variable: string): string {
  const type = elementType(option)
  if (type === 'boolean') {
    const word = text.toLowerCase()
    if (YES.has(word)) return 'true'
    if (NO.has(word)) return 'false'
    throw new UsageError(`${variable} is a flag: 1 or 0, not ${JSON.stringify(text)}`)
  }
  if (type === 'count' && !/^[0-9]{1,3}$/.test(text)) {
    throw new UsageError(`${variable} needs a count, not ${JSON.stringify(text)}`)
  }
  if (type === 'number' && (text.trim() === '' || !Number.isFinite(Number(text)))) {
    throw new UsageError(`${variable} needs a number, not ${JSON.stringify(text)}`)
  }
  return text
}
