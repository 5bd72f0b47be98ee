import { isList, namesOf, shown } from './option-names.ts'
import type { OptionSpec, OptionsSpec } from './option-spec.ts'
import { plainText } from './plain-text.ts'
import type { GivenOption } from './read-words.ts'

/** A word that a shell may put at the cursor. */
export interface Candidate {
  readonly word: string
  /** One line without anything that a terminal would act on; may be empty. */
  readonly description: string
}

const ALWAYS: OptionsSpec = {
  help: { type: 'boolean', describe: 'Show this help and exit.' },
  version: { type: 'boolean', describe: 'Show the version and exit.' },
}

/**
 * The options that can still be given, under each of their names. A flag's
 * `--no-` form is among them where the flag is on by default, or asked for.
 *
 * @param word what is typed of it
 */
export function optionCandidates(
  spec: OptionsSpec,
  given: readonly GivenOption[],
  word: string,
): Candidate[] {
  const seen = new Set(given.filter(({ option }) => !mayRepeat(option)).map(({ name }) => name))
  return Object.entries({ ...spec, ...ALWAYS }).flatMap(([name, option]) => {
    if (option.hidden || option.positional || seen.has(name)) return []
    const description = oneLine(option.describe ?? '')
    const names = namesOf(name, option).map(shown)
    if (option.type === 'boolean' && !(name in ALWAYS) && name.length > 1) {
      if (option.default === true || word.startsWith('--no-')) names.push(`--no-${name}`)
    }
    return names.map((each) => ({ word: each, description }))
  })
}

function mayRepeat(option: OptionSpec): boolean {
  return isList(option) || option.type === 'count'
}

/** What a description is in a list of candidates. */
export function oneLine(text: string): string {
  return plainText(text.replace(/\s+/g, ' ')).trim()
}
