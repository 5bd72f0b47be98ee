import { type OptionsSpec, readWords, UsageError } from '@runnerd/options'

/** In a file it would begin another line, or not be there for who reads it. */
const CONTROL = /\p{Cc}/u

/**
 * Refuses what a variable of the shell that is not set has left of an engine's options,
 * and what would not stay within its line of a file. The words of the run are another
 * matter: each file has a way to say them all.
 *
 * @throws UsageError
 */
export function refuseWords(words: readonly string[], spec: OptionsSpec): void {
  for (const { name, option, text } of readWords(words, spec, true).given) {
    if (text === '') throw new UsageError(`option --${name} needs a value that is not empty`)
    // A directory may be called anything, and is named in no file.
    if (option.type !== 'string' || name === 'out' || !CONTROL.test(text)) continue
    const shown = JSON.stringify(text)
    throw new UsageError(`option --${name} can have no control character: ${shown}`)
  }
}
