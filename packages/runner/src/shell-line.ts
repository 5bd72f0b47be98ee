/** An unfinished command line as bash reads it. */
export interface ShellLine {
  /** The words without their quoting; the last is the one at the end, maybe empty. */
  readonly words: readonly string[]
  /** The quote that is still open at the end. */
  readonly quote: '' | "'" | '"'
}

const SPACE = /\s/

/** Takes a line apart at the white space outside quotes. Expands nothing. */
export function readShellLine(line: string): ShellLine {
  const words = ['']
  let quote: ShellLine['quote'] = ''
  let inWord = false
  for (let i = 0; i < line.length; i += 1) {
    let char = line[i]!
    if (quote === '' && SPACE.test(char)) {
      if (inWord) words.push('')
      inWord = false
      continue
    }
    inWord = true
    if (char === quote) {
      quote = ''
      continue
    }
    if (quote === '' && (char === "'" || char === '"')) {
      quote = char
      continue
    }
    if (char === '\\' && escapes(quote, line[i + 1])) {
      i += 1
      char = line[i] ?? ''
    }
    words[words.length - 1] += char
  }
  return { words, quote }
}

function escapes(quote: ShellLine['quote'], next: string | undefined): boolean {
  if (quote === '') return true
  return quote === '"' && next !== undefined && '"\\$`'.includes(next)
}

/**
 * Writes a word so that bash takes it as it is, after a quote that may be open.
 * `undefined` where that can't be done.
 */
export function quoted(word: string, quote: ShellLine['quote']): string | undefined {
  if (quote === "'") return word.includes("'") ? undefined : word
  // No quoting keeps an interactive bash from reading `!` as history there.
  if (quote === '"') return word.includes('!') ? undefined : word.replace(/["\\$`]/g, '\\$&')
  return word.replace(/[^\w@%+=:,./\u0080-\uffff-]/g, '\\$&')
}

/** Writes a word so that any shell takes it as it is, in a command that is printed. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
