import type { CachedPlugin } from './cached-directory.ts'

/** The most options of one plugin: drawing their help takes as long as their square. */
const MOST_OPTIONS = 500

/** The most characters that a plugin may declare, as JSON: each list reads them all. */
const MOST_CHARACTERS = 256 * 1024

/** The most characters of its help, which is drawn from what it declares. */
const MOST_HELP = 1024 * 1024

/** Why what a plugin declares is more than is remembered; `undefined` when it isn't. */
export function sizeFault({
  tapname,
  description,
  options,
  help = '',
}: Omit<CachedPlugin, 'export' | 'help'> & { readonly help?: string }): string | undefined {
  const count = Object.keys(options).length
  if (count > MOST_OPTIONS) return `plugin ${tapname} declares more than ${MOST_OPTIONS} options`
  const length = JSON.stringify([description, options]).length
  return length > MOST_CHARACTERS || help.length > MOST_HELP
    ? `plugin ${tapname} declares more than ${MOST_CHARACTERS / 1024} kB of text`
    : undefined
}
