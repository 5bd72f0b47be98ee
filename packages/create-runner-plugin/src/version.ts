import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

/** The version of this package, which is that of runnerd and of its testkit too. */
export const VERSION: string = manifest.version

/** The versions of runnerd that a new plugin is made for. */
export const RANGE: string = `^${VERSION}`
