/** Something to run. */
export interface Command {
  /** What it is called in the log and in the status. */
  readonly name: string
  /** The program, and its arguments. */
  readonly words: readonly [string, ...string[]]
}

/** A name of more than so many characters would hide the line that it stands before. */
const LONGEST_NAME = 60

/** A command by its words, which are its name too, as in Twisted. */
export function commandOf(words: readonly [string, ...string[]]): Command {
  const text = words.join(' ').replace(/[^\x21-\x5c\x5e-\x7e]+/g, ' ')
  return { name: text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text, words }
}
