import { didYouMean } from './did-you-mean.ts'
import {
  camelCase,
  elementType,
  isFlag,
  type NamedOption,
  namesOf,
  optionNames,
  shown,
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
 * `-p 8000`, `-p8000`, `-nd` for two flags, `--no-flag`. yargs itself guesses
 * where getopt knows: it reads `-lfile` as five flags, and strips quotes.
 */
export function readWords(
  args: readonly string[],
  spec: OptionsSpec,
  stopAtFirstArgument: boolean,
): ReadWords {
  const reader = new WordReader(args, spec)
  reader.read(stopAtFirstArgument)
  return reader
}

class WordReader implements ReadWords {
  readonly given: GivenOption[] = []
  readonly rest: string[] = []
  help = false
  version = false
  problem: UsageError | undefined
  readonly #args: readonly string[]
  readonly #spec: OptionsSpec
  readonly #names: ReadonlyMap<string, NamedOption>
  #at = 0

  constructor(args: readonly string[], spec: OptionsSpec) {
    this.#args = args
    this.#spec = spec
    this.#names = optionNames(spec)
  }

  read(stopAtFirstArgument: boolean): void {
    while (this.#at < this.#args.length) {
      const word = this.#args[this.#at++]!
      if (word === '--') {
        this.rest.push(...this.#args.slice(this.#at))
        return
      }
      if (word.startsWith('--')) this.#long(word)
      else if (this.#isOption(word)) this.#short(word)
      else {
        this.rest.push(word)
        if (!stopAtFirstArgument) continue
        this.rest.push(...this.#args.slice(this.#at))
        return
      }
    }
  }

  /** A dash alone is an argument, and so is a negative number. */
  #isOption(word: string): boolean {
    if (!word.startsWith('-') || word === '-') return false
    return this.#names.has(word[1]!) || !/^-\.?[0-9]/.test(word)
  }

  #long(word: string): void {
    const [, name, text] = /^--([^=]*)(?:=(.*))?$/s.exec(word)!
    const named = this.#names.get(camelCase(name!))
    const negated = name!.startsWith('no-') ? this.#names.get(camelCase(name!.slice(3))) : undefined
    if (named !== undefined) this.#take(named, `--${name}`, text)
    else if (negated?.option.type === 'boolean' && text === undefined) this.#give(negated, 'false')
    else this.#unknown(`--${name}`)
  }

  #short(word: string): void {
    for (let at = 1; at < word.length; at++) {
      const named = this.#names.get(word[at]!)
      if (named === undefined) {
        this.#unknown(`-${word[at]}`, word.slice(1))
        return
      }
      const more = word.slice(at + 1)
      if (!isFlag(named.option) || more.startsWith('=')) {
        this.#take(named, `-${word[at]}`, more === '' ? undefined : more.replace(/^=/, ''))
        return
      }
      this.#take(named, `-${word[at]}`, undefined)
    }
  }

  #take(named: NamedOption, written: string, text: string | undefined): void {
    if (isFlag(named.option)) {
      if (text === undefined) this.#give(named, 'true')
      else if (named.option.type === 'boolean' && /^(true|false)$/.test(text))
        this.#give(named, text)
      else this.#refuse(`option ${written} takes no value`)
      return
    }
    const value = text ?? this.#nextValue()
    if (value === undefined) this.#refuse(`option ${written} requires a value`, this.#hint(named))
    else this.#give(named, value)
  }

  #hint({ name, option }: NamedOption): string | undefined {
    const next = this.#args[this.#at]
    if (next === undefined || next === '--' || elementType(option) !== 'string') return undefined
    return `write ${shown(name)}=${next} if that is it`
  }

  #nextValue(): string | undefined {
    const next = this.#args[this.#at]
    if (next === undefined || next === '--' || next.startsWith('--') || this.#isOption(next)) {
      return undefined
    }
    this.#at++
    return next
  }

  #give(named: NamedOption, text: string): void {
    if (named.name === 'help') this.help = text === 'true'
    else if (named.name === 'version') this.version = text === 'true'
    else this.given.push({ ...named, text })
  }

  #unknown(written: string, word: string = written.slice(2)): void {
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
