// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

/**
 * What a plugin says of itself reaches a terminal: without the characters that
 * move a cursor, change a color or turn the direction of writing. Line breaks stay.
 */
export function plainText(text: string): string {
  return text.replace(UNPRINTABLE, '')
}

/** True for text that `plainText` leaves as it is. */
export function isPlainText(text: string): boolean {
  // `test` would begin where the last match of a global pattern ended.
  return text.search(UNPRINTABLE) < 0
}

/** The same as one line, whatever is in it: a name of a file can have line breaks too. */
export function plainLine(text: string): string {
  return plainText(text.replace(/\s*[\n\r\u2028\u2029]+\s*/g, ' '))
}
