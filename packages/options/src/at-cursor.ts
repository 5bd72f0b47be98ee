import type { NamedOption } from './option-names.ts'
import type { OptionsSpec } from './option-spec.ts'
import { type GivenOption, readWords } from './read-words.ts'

/** What the word at the cursor is to become, and what stands before it. */
export type AtCursor = {
  /** The options before it, in order. */
  readonly given: readonly GivenOption[]
} & (
  | { readonly wants: 'option' }
  | {
      readonly wants: 'value'
      readonly of: NamedOption
      /** How many characters of the word come before the value: 7 in `--poem=x`. */
      readonly skip: number
    }
  | {
      readonly wants: 'argument'
      /** The words that are no options; the one at the cursor is the last of them. */
      readonly rest: readonly string[]
    }
)

/** No word of a command line can have it in it. */
const MARK = '\0'

/**
 * Says what an unfinished command line wants at its end. The parser itself is
 * asked: where it puts a mark at the cursor is where a word would go. Nothing is
 * an error here, whatever the words are.
 *
 * @param words the last is the one at the cursor, empty where none has begun
 * @param stopAtFirstArgument as for `parseOptions`
 */
export function atCursor(
  words: readonly string[],
  spec: OptionsSpec,
  stopAtFirstArgument = false,
): AtCursor {
  const word = words.at(-1) ?? ''
  const { given, rest } = readWords([...words.slice(0, -1), word + MARK], spec, stopAtFirstArgument)
  const last = given.at(-1)
  if (rest.at(-1)?.endsWith(MARK)) {
    return { wants: 'argument', given, rest: [...rest.slice(0, -1), word] }
  }
  if (last === undefined || !last.text.endsWith(MARK)) return { wants: 'option', given }
  const before = given.slice(0, -1)
  // A value may follow `-p` in the same word, but nobody asks for it that way.
  if (/^-[^-]$/.test(word)) return { wants: 'option', given: before }
  const skip = word.length - (last.text.length - MARK.length)
  return { wants: 'value', given: before, of: last, skip }
}
