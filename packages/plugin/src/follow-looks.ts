import fs from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Its functions can be replaced, which the types deny. */
const writable: { statSync: typeof fs.statSync } = fs

/**
 * Follows the paths that are looked at by `statSync` from now on: jiti finds
 * modules by it, without a word to Node's loader. Returns a function that takes
 * those looked at since its last call.
 */
export function followLooks(): () => string[] {
  const looked = new Set<string>()
  const look = fs.statSync
  writable.statSync = ((path: fs.PathLike, options?: fs.StatSyncOptions) => {
    const name = nameOf(path)
    if (name !== undefined) looked.add(name)
    return look(path, options)
  }) as typeof fs.statSync
  return () => {
    const paths = [...looked]
    looked.clear()
    return paths
  }
}

function nameOf(path: fs.PathLike): string | undefined {
  try {
    const name = path instanceof URL ? fileURLToPath(path) : path
    return typeof name === 'string' && isAbsolute(name) ? name : undefined
  } catch {
    return undefined
  }
}
