import type { ReadStream, WriteStream } from 'node:tty'
import { print } from '../print.ts'

const ESC = '\u001b['

/** The other screen, no cursor, and no line that goes on in the next. */
const ENTER = `${ESC}?1049h${ESC}?25l${ESC}?7l`
const LEAVE = `${ESC}?7h${ESC}?25h${ESC}?1049l`

const HOME = `${ESC}H`
const CLEAR_LINE = `${ESC}K`
const CLEAR_BELOW = `${ESC}J`

/**
 * A terminal that is drawn on as a whole, and gives each key as it is pressed. What
 * was on it is there again after {@link close}.
 */
export class FullScreen {
  readonly #input: ReadStream
  readonly #output: WriteStream
  #isOpen = false

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input
    this.#output = output
  }

  /** Of a terminal that doesn't tell, what one usually has. */
  get size(): { columns: number; lines: number } {
    return { columns: this.#output.columns || 80, lines: this.#output.rows || 24 }
  }

  /** Does nothing to one that is open. */
  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#input.setRawMode(true)
    print(1, ENTER)
  }

  /** @param lines - none wider than the screen, and no more of them than it has */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return
    // Cleared before they are written: behind a line as wide as the screen the cursor is
    // still on its last column, which would be cleared, too.
    const cleared = lines.map(
      (line, at) => (at < lines.length - 1 ? CLEAR_LINE : CLEAR_BELOW) + line,
    )
    print(1, HOME + cleared.join('\r\n'))
  }

  /** Does nothing to one that is closed. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    print(1, LEAVE)
    this.#input.setRawMode(false)
  }
}
