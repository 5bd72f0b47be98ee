const FIRST = 0x20
const COUNT = 95
const WIDTH = 72

/**
 * The characters of RFC 864: lines of 72 of the 95 that can be printed, each line
 * beginning with the next of them.
 *
 * @param begin - which line is the first
 */
export function chargenLines(begin: number, lines: number): Buffer {
  const characters = Buffer.alloc(lines * (WIDTH + 2))
  for (let line = 0; line < lines; line += 1) {
    const at = line * (WIDTH + 2)
    for (let column = 0; column < WIDTH; column += 1) {
      characters[at + column] = FIRST + ((begin + line + column) % COUNT)
    }
    characters.write('\r\n', at + WIDTH)
  }
  return characters
}

/** All lines there are, after which they repeat. */
export const CHARGEN = chargenLines(0, COUNT)
