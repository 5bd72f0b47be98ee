import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Manifest {
  readonly dependencies?: object
  readonly devDependencies?: object
}

/**
 * What the project around a directory is written in: the nearest one above with
 * a package.json. It is TypeScript if there is a tsconfig.json up to there, or
 * it depends on typescript and has no jsconfig.json, which says that it is
 * there for JavaScript.
 */
export function projectLanguage(cwd: string): 'ts' | 'js' {
  const root = packageRoot(cwd)
  const { dependencies, devDependencies } = root === undefined ? {} : manifestOf(root)
  const dirs = dirsUpTo(cwd, root ?? cwd)
  const has = (file: string): boolean => dirs.some((dir) => existsSync(join(dir, file)))
  const mayCompile = Object.hasOwn({ ...dependencies, ...devDependencies }, 'typescript')
  return has('tsconfig.json') || (mayCompile && !has('jsconfig.json')) ? 'ts' : 'js'
}

function packageRoot(cwd: string): string | undefined {
  return dirsUpTo(cwd, undefined).find((dir) => existsSync(join(dir, 'package.json')))
}

/** `from`, the directory above it, and so on up to `to`, or to the top. */
function dirsUpTo(from: string, to: string | undefined): string[] {
  const above = dirname(from)
  return from === to || from === above ? [from] : [from, ...dirsUpTo(above, to)]
}

/** One that can't be read, or is none, says nothing. */
function manifestOf(dir: string): Manifest {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
    return typeof manifest === 'object' && manifest !== null ? manifest : {}
  } catch {
    return {}
  }
}
