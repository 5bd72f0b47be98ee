import { lstatSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { statsOf } from './file-key.ts'

/**
 * Which of a package's files are in its tarball, going by `files` in its
 * package.json; all of them when that says nothing.
 *
 * @param files relative to the package
 * @see https://docs.npmjs.com/cli/configuring-npm/package-json#files
 */
export async function packedFiles(dir: string, files: readonly string[]): Promise<string[]> {
  const { files: patterns } = JSON.parse(
    readFileSync(join(dir, 'package.json'), 'utf8').replace(/^\uFEFF/, ''),
  )
  if (!Array.isArray(patterns)) return [...files]
  const texts = patterns.filter((pattern) => typeof pattern === 'string' && pattern !== '')
  const { expandGlobs } = await import('./expand-globs.ts')
  const globs = texts.flatMap((pattern) => asGlobs(dir, pattern))
  const found = new Set((await expandGlobs(dir, globs)).files)
  // npm packs no links.
  const isPacked = (file: string): boolean =>
    found.has(posix.normalize(file)) && !lstatSync(join(dir, file)).isSymbolicLink()
  return files.filter(isPacked)
}

/** npm takes a name for the file or for all that is in the directory. */
function asGlobs(dir: string, pattern: string): string[] {
  const isExcept = pattern.startsWith('!')
  const path = posix.normalize(isExcept ? pattern.slice(1) : pattern).replace(/^\/|\/$/g, '')
  const glob = path === '.' ? '**' : path
  // To look into what is a file would be an error.
  const isFile = statsOf(join(dir, path))?.isFile()
  return (isFile ? [glob] : [glob, `${glob}/**`]).map((each) => `${isExcept ? '!' : ''}${each}`)
}
