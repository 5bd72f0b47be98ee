import { plainLine } from '@runnerd/options'
import stringWidth from 'string-width'

/** What takes no column: marks above and below letters, joiners, selectors. */
const WITHOUT_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/gu

const ASCII = /^[\x20-\x7e]*$/

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length
  return charactersOf(text).reduce((sum, each) => sum + widthOfOne(each), 0)
}

/** A text as one line of as many columns at most; nothing in it moves a cursor. */
export function fitted(text: string, width: number): string {
  const plain = plainLine(text)
  if (widthOf(plain) <= width) return plain
  let [left, taken] = [width - 1, '']
  for (const each of charactersOf(plain)) {
    left -= widthOfOne(each)
    if (left < 0) break
    taken += each
  }
  return width < 1 ? '' : `${taken}…`
}

/** Characters as somebody sees them: a letter with its marks is one. */
function charactersOf(text: string): string[] {
  return [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
}

/** A family is joined from several, and drawn as one. */
function widthOfOne(character: string): number {
  return Math.min(2, stringWidth(character.replace(WITHOUT_WIDTH, '')))
}
