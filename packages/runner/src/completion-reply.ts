import { type Candidate, plainText } from '@runnerd/options'
import type { Offer } from './candidates-at.ts'
import { quoted, readShellLine, type ShellLine } from './shell-line.ts'

/** What a shell's script asked for. */
export interface Asked {
  /** All after the command's name; the last is the one at the cursor. */
  readonly words: readonly string[]
  /** For bash, which replaces only the end of a word and puts it in as it stands. */
  readonly replaces?: {
    /** How many characters of the word stay. */
    readonly after: number
    readonly quote: ShellLine['quote']
  }
}

/** The reply that offers nothing. */
export const NOTHING = ':words\n'

/**
 * Reads a script's question. zsh and fish send the words up to the cursor; bash
 * the line up to it, and the end of that which readline is about to replace: its
 * own words are cut at each `=`, `:` and `@`, and don't say what was glued together.
 */
export function wordsOf(shell: string, typed: readonly string[]): Asked {
  if (shell !== 'bash') return { words: typed }
  const [line = '', end = ''] = typed
  const { words } = readShellLine(line)
  const before = readShellLine(line.slice(0, line.length - end.length))
  const after = before.words.at(-1)!.length
  return { words: words.slice(1), replaces: { after, quote: before.quote } }
}

/**
 * Puts an offer into the lines that the scripts read. The first says what comes:
 * `:files N` and `:dirs N`, the shell's own file names after N characters of the
 * word; or `:words`, and then one candidate a line, sorted. zsh and fish choose
 * by their own rules and get all with their descriptions, after a tab; bash gets
 * those that begin as the word does, quoted.
 */
export function replyTo({ words, replaces }: Asked, offer: Offer): string {
  if (offer.kind !== 'words') {
    return `:${offer.kind} ${Math.max(offer.skip - (replaces?.after ?? 0), 0)}\n`
  }
  const fit = sorted(offer.words.filter(isLine))
  if (replaces === undefined) {
    return NOTHING + fit.map((each) => `${each.word}\t${each.description}\n`).join('')
  }
  const { after, quote } = replaces
  const word = words.at(-1) ?? ''
  const ends = fit
    .filter((each) => each.word.startsWith(word))
    .map((each) => quoted(each.word.slice(after), quote))
  return NOTHING + ends.map((end) => (end ? `${end}\n` : '')).join('')
}

/** A word with a line break or an escape in it would be two, or act on the terminal. */
function isLine({ word }: Candidate): boolean {
  return word !== '' && !word.includes('\n') && plainText(word) === word
}

function sorted(candidates: readonly Candidate[]): Candidate[] {
  const unique = new Map(candidates.map((each) => [each.word, each]))
  return [...unique.values()].sort((a, b) => (a.word < b.word ? -1 : 1))
}
