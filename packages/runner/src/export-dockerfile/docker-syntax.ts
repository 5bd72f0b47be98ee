import { UsageError } from '@runnerd/options'

/** What is run without a shell, which an image need not have: no word is looked into. */
export function execForm(words: readonly string[]): string {
  return JSON.stringify(words).replaceAll('","', '", "')
}

/**
 * One variable, as it is; Docker would put the values of others where a `$` is.
 *
 * @throws UsageError for a value that goes over a line, which nothing there can say
 */
export function assignment([name, value]: readonly [string, string]): string {
  if (/[\n\r]/.test(value)) {
    throw new UsageError(`cannot export to dockerfile: no ENV can have the line break in ${name}`)
  }
  return `${name}="${value.replace(/["\\$]/g, '\\$&')}"`
}
