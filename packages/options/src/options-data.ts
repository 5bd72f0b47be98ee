import { checkTogether, checkValues } from './check-options.ts'
import type { JsonValue, OptionSpec, OptionsSpec } from './option-spec.ts'
import type { OptFlag, Options, OptionsSource, OptParameter } from './options.ts'

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isFlag: Check = (value) => typeof value === 'boolean'
const isTextOrFlag: Check = (value) => isText(value) || isFlag(value)
const isTextOrTexts: Check = (value) =>
  isText(value) || (Array.isArray(value) && value.every(isText))

const words: { readonly [word in keyof Required<OptionSpec>]: Check } = {
  alias: (value) => [value].flat().every((name) => isText(name) && NAME.test(name as string)),
  type: (value) => ['string', 'number', 'boolean', 'array', 'count'].includes(value as string),
  array: isFlag,
  choices: (value) =>
    Array.isArray(value) && (value.every(isText) || value.every((each) => Number.isFinite(each))),
  default: isJson,
  defaultDescription: isText,
  describe: isText,
  demandOption: isTextOrFlag,
  conflicts: isTextOrTexts,
  implies: isTextOrTexts,
  group: isText,
  hidden: isFlag,
  deprecated: isTextOrFlag,
  normalize: isFlag,
  positional: isFlag,
  endpoint: (value) => ['server', 'client', 'datagram', 'socket'].includes(value as string),
}

const NAME = /^[A-Za-z0-9]+([_-][A-Za-z0-9]+)*$/

/**
 * Turns what a maker declares into plain data, the same for the data form and
 * for Twisted's class, and checks it.
 *
 * @throws TypeError naming the option and what is wrong with it
 */
export function optionsData(source: OptionsSource | undefined): OptionsSpec {
  if (source === undefined) return {}
  const spec = typeof source === 'function' ? fromClass(new source()) : source
  if (!isPlainObject(spec)) throw new TypeError('options are neither an object nor a class')
  const data: Record<string, OptionSpec> = {}
  for (const [name, option] of Object.entries(spec)) data[name] = checked(name, option)
  checkTogether(data)
  return data
}

function checked(name: string, option: unknown): OptionSpec {
  if (!NAME.test(name)) throw new TypeError(`option ${JSON.stringify(name)} has a bad name`)
  if (isEveryObjects(name))
    throw new TypeError(`option ${name} has the name of what every object has`)
  if (name === 'help' || name === 'version') throw new TypeError(`option ${name} is runner's own`)
  if (!isPlainObject(option)) throw new TypeError(`option ${name} is not an object`)
  const said = Object.entries(option).filter(([, value]) => value !== undefined)
  for (const [word, value] of said) {
    const check = Object.hasOwn(words, word) ? words[word as keyof OptionSpec] : undefined
    if (typeof value === 'function') {
      throw new TypeError(`option ${name}: ${word} is code; options are JSON data, see postOptions`)
    }
    if (check === undefined) throw new TypeError(`option ${name}: unknown word ${word}`)
    if (!check(value)) throw new TypeError(`option ${name}: bad ${word}`)
  }
  const data: OptionSpec = Object.fromEntries(said)
  const alias = [data.alias ?? []].flat().find(isEveryObjects)
  if (alias !== undefined)
    throw new TypeError(`option ${name}: alias ${alias} is what every object has`)
  checkValues(name, data)
  return data
}

/** `constructor`, `toString` and the like would be there without being given. */
function isEveryObjects(name: string): boolean {
  return name in Object.prototype
}

function fromClass(options: Options): OptionsSpec {
  if (!Array.isArray(options.optParameters) && !Array.isArray(options.optFlags)) {
    throw new TypeError('options class has neither optParameters nor optFlags')
  }
  const spec: Record<string, OptionSpec> = {}
  for (const tuple of options.optParameters ?? []) spec[nameOf(tuple)] = fromParameter(tuple)
  for (const tuple of options.optFlags ?? []) spec[nameOf(tuple)] = fromFlag(tuple)
  return spec
}

function nameOf(tuple: OptParameter | OptFlag): string {
  if (!Array.isArray(tuple) || typeof tuple[0] !== 'string') {
    throw new TypeError('an option without a long name')
  }
  return tuple[0]
}

/** What `coerce` makes of a text is not known here, and a default need not be one: it is shown. */
function fromParameter([, short, value, description, coerce]: OptParameter): OptionSpec {
  const hasDefault = value !== undefined && value !== null
  return {
    type: typeof value === 'number' && !coerce ? 'number' : 'string',
    ...(short ? { alias: short } : {}),
    ...(hasDefault && !coerce ? { default: value } : {}),
    ...(hasDefault && coerce ? { defaultDescription: String(value) } : {}),
    ...(description ? { describe: description } : {}),
  }
}

function fromFlag([, short, description]: OptFlag): OptionSpec {
  return {
    type: 'boolean',
    ...(short ? { alias: short } : {}),
    ...(description ? { describe: description } : {}),
  }
}

function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return isPlainObject(value) && Object.values(value).every(isJson)
}

/** An object literal, of whatever realm. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
