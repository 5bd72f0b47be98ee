import yargs, { type Argv } from 'yargs'
import { readEnvironment } from './environment.ts'
import { camelCase, elementType, isFlag, isList, shown } from './option-names.ts'
import type { OptionSpec, OptionsSpec } from './option-spec.ts'
import type { ParsedOptions, ParseRequest } from './parse-options.ts'
import { type GivenOption, readWords } from './read-words.ts'
import { UsageError } from './usage-error.ts'

type Values = Record<string, unknown>

/** Parses for real; reached through `parseOptions`, so that yargs loads only when needed. */
export function parse({
  spec,
  args,
  environment,
  stopAtFirstArgument,
}: ParseRequest): ParsedOptions {
  const words = readWords(args, spec, stopAtFirstArgument ?? false)
  const { rest, help, version, problem } = words
  if (help || version) return { values: unchecked(words.given, spec), rest, help, version }
  if (problem !== undefined) throw problem
  words.given.forEach(refuseBadNumber)
  const texts = textsOf(words.given)
  if (environment !== undefined) {
    const open = Object.entries(spec).filter(([name]) => !texts.has(name))
    const found = readEnvironment(open, environment.prefix, environment.variables)
    for (const [name, values] of found) texts.set(name, values)
  }
  const argv = texts.size === 0 && !demandsAny(spec) ? {} : convert(spec, texts)
  return { values: collect(argv, spec), rest, help, version }
}

function unchecked(given: readonly GivenOption[], spec: OptionsSpec): Values {
  const texts = [...textsOf(given)]
  return Object.fromEntries(
    texts.map(([name, each]) => [name, isList(spec[name]!) ? each : each.at(-1)]),
  )
}

function refuseBadNumber({ name, option, text }: GivenOption): void {
  if (elementType(option) !== 'number') return
  if (text.trim() === '' || !Number.isFinite(Number(text))) {
    throw new UsageError(`option ${shown(name)} needs a number, not ${JSON.stringify(text)}`)
  }
}

/** As twistd has it, the last repetition of an option wins, unless it is a list or counts. */
function textsOf(given: readonly GivenOption[]): Map<string, string[]> {
  const texts = new Map<string, string[]>()
  for (const { name, option, text } of given) {
    const before = isList(option) || option.type === 'count' ? (texts.get(name) ?? []) : []
    texts.set(name, [...before, text])
  }
  return texts
}

function demandsAny(spec: OptionsSpec): boolean {
  return Object.values(spec).some(({ demandOption }) => Boolean(demandOption))
}

/**
 * Has yargs turn texts into values and hold them against the rules. Defaults
 * are kept from it: to yargs an option with a default is given, so that
 * `conflicts` and `implies` would always apply.
 */
function convert(spec: OptionsSpec, texts: ReadonlyMap<string, readonly string[]>): Values {
  const parser = bare().parserConfiguration({
    'dot-notation': false,
    'greedy-arrays': false,
  })
  for (const [name, { default: value, alias, ...option }] of Object.entries(spec)) {
    const demandOption = (value ?? undefined) === undefined && option.demandOption
    parser.option(name, { ...yargsOption(option), demandOption } as object)
  }
  try {
    return parser.parseSync([...texts].flatMap(([name, each]) => words(spec[name]!, name, each)))
  } catch (error) {
    throw new UsageError(reword((error as Error).message), { cause: error })
  }
}

/** yargs takes quotes off a value, so each is put into some. */
function words(option: OptionSpec, name: string, texts: readonly string[]): string[] {
  if (option.type === 'count') return Array(texts.length).fill(`--${name}`)
  return texts.map((text) => `--${name}="${text}"`)
}

/** A parser that exits nowhere, prints nothing and reads no locale but English. */
export function bare(): Argv {
  return yargs().locale('en').exitProcess(false).help(false).version(false).fail(false)
}

/** An option as yargs is to understand it: what the type leaves open is said. */
export function yargsOption(option: OptionSpec): object {
  return { ...option, type: elementType(option), ...(isList(option) ? { array: true } : {}) }
}

/** yargs' messages, in the words of our other ones. */
function reword(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '')
  const [first = '', second = ''] = lines
  const missing = /^Missing required arguments?: (.+)$/.exec(first)
  if (missing) {
    const names = missing[1]!.split(', ').map(shown)
    const why = lines.slice(1).join(' ').trim()
    const subject = names.length === 1 ? 'option' : 'options'
    const verb = names.length === 1 ? 'is' : 'are'
    return `${subject} ${names.join(', ')} ${verb} required${why ? `: ${why}` : ''}`
  }
  const choice = /^\s*Argument: (.+), Given: (.+), Choices: (.+)$/.exec(second)
  if (choice) return `option ${shown(choice[1]!)} is one of ${choice[3]}, not ${choice[2]}`
  const conflict = /^Arguments (.+) and (.+) are mutually exclusive$/.exec(first)
  if (conflict)
    return `options ${shown(conflict[1]!)} and ${shown(conflict[2]!)} exclude each other`
  const implied = /^\s*(\S+) -> (\S+)$/.exec(second)
  if (implied) return `option ${shown(implied[1]!)} needs ${shown(implied[2]!)} too`
  return lines.map((line) => line.trim()).join(' ')
}

/** The values under their names; a dashed one under its camelCase name too. */
function collect(argv: Values, spec: OptionsSpec): Values {
  const values: Values = {}
  for (const [name, option] of Object.entries(spec)) {
    const value = argv[name] ?? structuredClone(option.default ?? undefined) ?? empty(option)
    values[name] = value
    if (name.includes('-')) values[camelCase(name)] = value
  }
  return values
}

function empty(option: OptionSpec): unknown {
  if (isList(option) || !isFlag(option)) return undefined
  return option.type === 'count' ? 0 : false
}
