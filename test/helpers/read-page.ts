import { readFileSync } from 'node:fs'

/** A fenced block of a page. */
export interface Block {
  readonly language: string
  /** The file it is, when it says so after the language. */
  readonly file: string | undefined
  readonly text: string
}

/** A command of a `console` block and what it prints. */
export interface ShownCommand {
  readonly command: string
  readonly output: string
}

const BLOCK = /^```(\w+)(?: (\S+))?\n(.*?)^```$/gms

/** The fenced blocks of a Markdown page, in order. */
export function blocksOf(page: string): Block[] {
  return [...readFileSync(page, 'utf8').matchAll(BLOCK)].map(([, language, file, text]) => ({
    language: language as string,
    file,
    text: text as string,
  }))
}

/** What a `console` block says is typed, and printed. */
export function commandsOf(block: string): ShownCommand[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n')
      return { command: part.slice(0, end), output: part.slice(end + 1) }
    })
}

/** The first cells of the rows of every table, without their backticks. */
export function firstCells(page: string): string[] {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| `([^`]+)` +\|/gm)
  return [...rows].map(([, cell]) => cell as string)
}
