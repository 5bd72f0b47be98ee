import { lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { CacheFault } from './dropin-cache.ts'
import { type Distrust, Trust, whyDistrusted } from './trust.ts'
import { userCacheDirs } from './user-cache-dirs.ts'

const NAME = 'jiti'

/**
 * The directory for what jiti has transformed: code that is run as it is found
 * there. `undefined` where somebody else could write to it, or has.
 */
export function transformCacheDir(variables: NodeJS.ProcessEnv): string | undefined {
  const trust = new Trust()
  return userCacheDirs(variables)
    .map((dir) => join(dir, NAME))
    .find((dir) => {
      // Else it would be made as the umask says, and that may be open.
      const isMade = trust.whyReplaceable(dir) === undefined && make(dir)
      return isMade && whyUnsafe(dir, trust) === undefined
    })
}

/** What jiti has transformed before and is not believed, since others could have written it. */
export function distrustedTransforms(variables: NodeJS.ProcessEnv): CacheFault[] {
  const trust = new Trust()
  return userCacheDirs(variables).flatMap((dir) => whyUnsafe(join(dir, NAME), trust) ?? [])
}

function whyUnsafe(dir: string, trust: Trust): CacheFault | undefined {
  try {
    const names = readdirSync(dir)
    const way = trust.whyReplaceable(join(dir, NAME)) ?? distrustOf(dir)
    if (way !== undefined) return { ...way, file: dir }
    for (const name of names) {
      const file = join(dir, name)
      const distrust = distrustOf(file)
      if (distrust !== undefined) return { ...distrust, file }
    }
    return undefined
  } catch {
    // It isn't there, or not for us to read: then there is nothing to believe.
    return undefined
  }
}

function distrustOf(path: string): Distrust | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isSymbolicLink()) return { path, reason: 'it is a symbolic link' }
  const reason = stats && whyDistrusted(stats)
  return reason === undefined ? undefined : { path, reason }
}

function make(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o755 })
    return true
  } catch {
    return false
  }
}
