/** What is run without a shell, which an image need not have: no word is looked into. */
export function execForm(words: readonly string[]): string {
  return JSON.stringify(words).replaceAll('","', '", "')
}

/** One variable, as it is; Docker would put the values of others where a `$` is. */
export function assignment([name, value]: readonly [string, string]): string {
  return `${name}="${value.replace(/["\\$]/g, '\\$&')}"`
}
