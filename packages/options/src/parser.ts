import yargs, { type Argv } from 'yargs'
import { elementType, isList, shown } from './option-names.ts'
import type { OptionSpec, OptionsSpec } from './option-spec.ts'
import type { OptionTexts } from './option-values.ts'
import { UsageError } from './usage-error.ts'

/**
 * Has yargs hold what was given against the rules: `choices`, `conflicts`,
 * `implies`, `demandOption`. Defaults are kept from it: to yargs an option with a
 * default is given, so that `conflicts` and `implies` would always apply.
 *
 * @throws UsageError
 */
export function holdRules(spec: OptionsSpec, texts: OptionTexts): void {
  const parser = bare().parserConfiguration({
    'dot-notation': false,
    'greedy-arrays': false,
  })
  for (const [name, { default: value, alias, ...option }] of Object.entries(spec)) {
    const demandOption = (value ?? undefined) === undefined && option.demandOption
    parser.option(name, { ...yargsOption(option), demandOption } as object)
  }
  try {
    parser.parseSync([...texts].flatMap(([name, each]) => words(spec[name]!, name, each)))
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
