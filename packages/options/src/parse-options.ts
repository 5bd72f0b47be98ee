import { readEnvironment, variableName } from './environment.ts'
import { nameVariables, type OptionVariables } from './name-variables.ts'
import { elementType, isList, positionalOf, shown, withoutPositional } from './option-names.ts'
import type { OptionsSpec } from './option-spec.ts'
import { type OptionTexts, optionValues } from './option-values.ts'
import { type GivenOption, readWords } from './read-words.ts'
import { UsageError } from './usage-error.ts'

/** What to parse, and how. */
export interface ParseRequest {
  readonly spec: OptionsSpec
  /** The words of the command line. */
  readonly args: readonly string[]
  /** Where options may come from too; the command line wins. */
  readonly environment?: { readonly prefix: string; readonly variables: NodeJS.ProcessEnv }
  /** The first word that is no option, and all after it, belong to someone else. */
  readonly stopAtFirstArgument?: boolean
}

/**
 * What came out. With `help` or `version` nothing was checked, and the values
 * are the bare texts that the command line gives.
 */
export interface ParsedOptions {
  readonly values: Record<string, unknown>
  /** The words that are no options, in order. */
  readonly rest: readonly string[]
  readonly help: boolean
  readonly version: boolean
  /** Which values came from the environment, and by which variable. */
  readonly variables: OptionVariables
}

/**
 * Parses a command line. The last repetition of an option wins, as in twistd.
 * yargs is loaded by the first call that it has a rule to hold in.
 *
 * @throws UsageError for an unknown option, a missing or wrong value, a
 *   required option left out, or options that exclude each other
 */
export async function parseOptions(request: ParseRequest): Promise<ParsedOptions> {
  const { args, environment, stopAtFirstArgument } = request
  const spec = withoutPositional(request.spec)
  const { given, rest, help, version, problem } = readWords(
    args,
    request.spec,
    stopAtFirstArgument ?? false,
  )
  if (help || version) {
    return { values: unchecked(given, spec), rest, help, version, variables: {} }
  }
  if (problem !== undefined) throw problem
  given.forEach(refuseBadNumber)
  const texts = textsOf(given)
  const variables: Record<string, string> = {}
  if (environment !== undefined) {
    const open = Object.entries(spec).filter(([name]) => !texts.has(name))
    const found = readEnvironment(open, environment.prefix, environment.variables)
    for (const [name, values] of found) {
      texts.set(name, values)
      variables[name] = variableName(environment.prefix, name)
    }
  }
  if (hasRules(spec, texts)) {
    const { holdRules } = await import('./parser.ts')
    try {
      holdRules(spec, texts)
    } catch (error) {
      throw nameVariables(error, variables)
    }
  }
  const positional = positionalOf(request.spec)
  if (positional === undefined) {
    return { values: optionValues(spec, texts), rest, help, version, variables }
  }
  const { name, option } = positional
  if (rest.length > 0) texts.set(name, [...rest])
  else if (option.demandOption) throw missing(name, option.demandOption)
  return { values: optionValues(request.spec, texts), rest: [], help, version, variables }
}

function missing(name: string, why: boolean | string): UsageError {
  return new UsageError(`${name} is required${why === true ? '' : `: ${why}`}`)
}

/** Whether there is anything for yargs to hold: a rule of what was given, a demand not met. */
function hasRules(spec: OptionsSpec, texts: OptionTexts): boolean {
  return Object.entries(spec).some(([name, option]) =>
    texts.has(name)
      ? option.choices !== undefined ||
        option.conflicts !== undefined ||
        option.implies !== undefined
      : Boolean(option.demandOption) && (option.default ?? undefined) === undefined,
  )
}

function unchecked(given: readonly GivenOption[], spec: OptionsSpec): Record<string, unknown> {
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
