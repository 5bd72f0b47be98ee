/** A word of a master file, its escapes as they are written. */
export interface Token {
  readonly text: string
  /** Whether it stood in quotation marks: it is no name of a type then, and no `@`. */
  readonly isQuoted: boolean
}

/** What stands on a line, and on those that parentheses have joined with it. */
export interface Entry {
  /** The number of its first line. */
  readonly line: number
  /** Whether it begins with a space: its owner is that of the entry before it. */
  readonly isIndented: boolean
  readonly tokens: readonly Token[]
}

/** Something that is wrong with a line. */
export interface Fault {
  readonly line: number
  readonly reason: string
}

/**
 * Splits a master file into its entries, RFC 1035, section 5.1. One that can't be read is
 * a fault, and the next begins on the next line.
 *
 * @param text a character for each byte
 */
export function* entriesIn(text: string): Generator<Entry | Fault> {
  const scanner = new Scanner(text)
  while (!scanner.isAtEnd) {
    const found = scanner.next()
    if ('reason' in found || found.tokens.length > 0) yield found
  }
}

/** A word up to whatever ends one, with what is escaped in it. */
const WORD = /(?:\\[^\n]|[^\s;()"\\])+/y
const QUOTED = /"((?:\\[^\n]|[^"\\\n])*)"/y

class Scanner {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  next(): Entry | Fault {
    const line = this.#line
    const isIndented = ' \t'.includes(this.#text.charAt(this.#at))
    const tokens: Token[] = []
    let openedOn = 0
    for (;;) {
      const character = this.#text.charAt(this.#at)
      if (character === '') break
      if (character === '\n') {
        this.#at += 1
        this.#line += 1
        if (openedOn === 0) break
      } else if (/\s/.test(character)) this.#at += 1
      else if (character === ';') this.#toEndOfLine()
      else if (character === '(') {
        if (openedOn > 0) return this.#fault('there is a ( inside of parentheses')
        openedOn = this.#line
        this.#at += 1
      } else if (character === ')') {
        if (openedOn === 0) return this.#fault('there is a ) without a (')
        openedOn = 0
        this.#at += 1
      } else {
        const token = this.#word(character)
        if (token === undefined) return this.#fault(`what begins with ${character} has no end`)
        tokens.push(token)
      }
    }
    if (openedOn > 0) return { line: openedOn, reason: 'there is no ) for its (' }
    return { line, isIndented, tokens }
  }

  #word(first: string): Token | undefined {
    const pattern = first === '"' ? QUOTED : WORD
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return { text: match[1] ?? match[0], isQuoted: first === '"' }
  }

  #fault(reason: string): Fault {
    const line = this.#line
    this.#toEndOfLine()
    this.#at += 1
    this.#line += 1
    return { line, reason }
  }

  #toEndOfLine(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end === -1 ? this.#text.length : end
  }
}
