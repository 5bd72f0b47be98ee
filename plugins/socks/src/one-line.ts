/** A text that a client has made, without what ends a line or steers a terminal: for the log. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, '?')
}
