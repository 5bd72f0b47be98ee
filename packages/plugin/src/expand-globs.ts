import { join } from 'node:path'
import { globby, isDynamicPattern } from 'globby'
import { statsOf } from './file-key.ts'

/** True for a path that globby takes for a glob; without such characters it is none. */
export function isGlob(path: string): boolean {
  return isDynamicPattern(path)
}

/**
 * What the globs in `runner.plugins` mean: the files that match, and every
 * directory in which another could appear. globby is loaded only for a package
 * that writes one, and only when it is read anew.
 */
export async function expandGlobs(
  dir: string,
  patterns: readonly string[],
): Promise<{ files: string[]; dirs: string[] }> {
  // A link could lead around in a circle.
  const options = {
    cwd: dir,
    ignore: ['**/node_modules/**'],
    followSymbolicLinks: false,
    // A directory that may not be read has nothing to find in it.
    suppressErrors: true,
  }
  // A link to a file is one, as it is in a folder.
  const found = await globby(patterns, { ...options, onlyFiles: false })
  const files = found.filter((path) => statsOf(join(dir, path))?.isFile())
  const bases = patterns.filter((pattern) => !pattern.startsWith('!')).map(fixedPart)
  const below = await globby(
    bases.map((base) => `${base}**`),
    { ...options, onlyDirectories: true },
  )
  const dirs = [...bases.map((base) => (base === '' ? '.' : base.slice(0, -1))), ...below.sort()]
  return { files: files.sort(), dirs }
}

/** The directories at the front of a glob that have nothing in them that could be a wildcard. */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/')
  const wild = parts.findIndex((part) => /[*?[\]{}!@+()|\\]/.test(part))
  const fixed = parts.slice(0, wild)
  return fixed.length === 0 ? '' : `${fixed.join('/')}/`
}
