import { type ParseArgsConfig, parseArgs } from 'node:util'
import { didYouMean } from './did-you-mean.ts'
import {
  camelCase,
  elementType,
  isFlag,
  kebabCase,
  type NamedOption,
  namesOf,
  optionNames,
  positionalOf,
  shown,
  withoutPositional,
} from './option-names.ts'
import type { OptionsSpec } from './option-spec.ts'
import { UsageError } from './usage-error.ts'

/** One option as it was given; a flag's text is `true` or `false`. */
export interface GivenOption extends NamedOption {
  readonly text: string
}

/** A command line taken apart. */
export interface ReadWords {
  readonly given: readonly GivenOption[]
  /** The words that are no options, in order. */
  readonly rest: readonly string[]
  readonly help: boolean
  readonly version: boolean
  /** The first thing that is wrong, if anything is. */
  readonly problem: UsageError | undefined
}

/**
 * Takes a command line apart as getopt does: `--port 8000`, `--port=8000`,
 * `-p 8000`, `-p8000`, `-nd` for two flags, `--no-flag`. Node's own parser does
 * it; yargs guesses where getopt knows: it reads `-lfile` as five flags, and
 * strips quotes.
 */
export function readWords(
  args: readonly string[],
  all: OptionsSpec,
  stopAtFirstArgument: boolean,
): ReadWords {
  const spec = withoutPositional(all)
  const names = optionNames(spec)
  const options = optionTypes(names)
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const stops = stopAtFirstArgument || positionalOf(all) !== undefined
  const end = stops ? tokens.find(({ kind }) => kind !== 'option') : undefined
  const reader = new WordReader(spec, names)
  for (const token of tokens) {
    if (token === end) break
    if (token.kind === 'option') reader.option(token)
    else if (token.kind === 'positional') reader.rest.push(token.value)
  }
  if (end) reader.rest.push(...args.slice(end.index + (end.kind === 'positional' ? 0 : 1)))
  return reader
}

/** What `parseArgs` is to know: which names take a value, however they are written. */
function optionTypes(
  names: ReadonlyMap<string, NamedOption>,
): NonNullable<ParseArgsConfig['options']> {
  const types: NonNullable<ParseArgsConfig['options']> = {}
  for (const [camel, { name, option }] of names) {
    const type = isFlag(option) ? 'boolean' : 'string'
    for (const each of [camel, kebabCase(camel), name]) {
      types[each] = each.length === 1 ? { type, short: each } : { type }
    }
  }
  return types
}

/** An option as it stands in the command line. */
interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

class WordReader implements ReadWords {
  readonly given: GivenOption[] = []
  readonly rest: string[] = []
  help = false
  version = false
  problem: UsageError | undefined
  readonly #spec: OptionsSpec
  readonly #names: ReadonlyMap<string, NamedOption>
  #last = ''

  constructor(spec: OptionsSpec, names: ReadonlyMap<string, NamedOption>) {
    this.#spec = spec
    this.#names = names
  }

  option({ name, rawName, value, inlineValue }: OptionToken): void {
    const named = this.#names.get(camelCase(name))
    const negated = name.startsWith('no-') ? this.#names.get(camelCase(name.slice(3))) : undefined
    if (named !== undefined && isFlag(named.option)) this.#flag(named, rawName, value)
    else if (named !== undefined) this.#value(named, rawName, value, inlineValue ?? false)
    else if (negated?.option.type === 'boolean' && !inlineValue) this.#give(negated, 'false')
    // The rest of `-v=1`, where -v is a flag.
    else if (rawName === '-=') this.#refuse(`option ${this.#last} takes no value`)
    else this.#unknown(rawName.replace(/=.*$/s, ''))
    this.#last = rawName
  }

  #flag(named: NamedOption, written: string, value: string | undefined): void {
    const isWord = named.option.type === 'boolean' && /^(true|false)$/.test(value ?? '')
    if (value === undefined || isWord) this.#give(named, value ?? 'true')
    else this.#refuse(`option ${written} takes no value`)
  }

  /** Only a value in the same word may begin like an option: else one was forgotten. */
  #value(
    named: NamedOption,
    written: string,
    value: string | undefined,
    inlineValue: boolean,
  ): void {
    const looksLikeOption = !inlineValue && /^-[^0-9.]/.test(value ?? '')
    if (value !== undefined && !looksLikeOption) {
      const isShort = inlineValue && !written.startsWith('--')
      this.#give(named, isShort ? value.replace(/^=/, '') : value)
      return
    }
    const isText = elementType(named.option) === 'string' && value !== undefined && value !== '--'
    const hint = isText ? `write ${shown(named.name)}=${value} if that is it` : undefined
    this.#refuse(`option ${written} requires a value`, hint)
  }

  #give(named: NamedOption, text: string): void {
    if (named.name === 'help') this.help = text === 'true'
    else if (named.name === 'version') this.version = text === 'true'
    else this.given.push({ ...named, text })
  }

  #unknown(written: string): void {
    const word = written.replace(/^-+/, '')
    const visible = Object.entries(this.#spec).filter(([, { hidden }]) => hidden !== true)
    const names = ['help', 'version', ...visible.flatMap((each) => namesOf(...each))]
    const long = names.filter((name) => name.length > 1)
    const meant = word.length < 2 ? undefined : didYouMean(word, long)
    this.#refuse(`unknown option ${written}`, meant && `did you mean ${shown(meant)}?`)
  }

  #refuse(message: string, hint?: string | undefined): void {
    this.problem ??= new UsageError(message, { hint })
  }
}
