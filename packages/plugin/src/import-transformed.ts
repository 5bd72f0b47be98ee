import { join } from 'node:path'
import { createJiti } from 'jiti'
import { userCacheDir } from './user-cache-dir.ts'

/**
 * Imports TypeScript through jiti. What it transforms is kept in the user's own
 * cache directory: its default, a directory of all users, is a place where
 * others could leave code for us to run.
 */
export async function importTransformed(
  file: string,
  door: string | undefined,
): Promise<Record<string, unknown>> {
  const cacheDir = userCacheDir(process.env)
  const jiti = createJiti(file, {
    fsCache: cacheDir === undefined ? false : join(cacheDir, 'jiti'),
    interopDefault: false,
    nativeModules: ['runnerd'],
    ...(door === undefined ? {} : { alias: { runnerd: door } }),
  })
  return await jiti.import<Record<string, unknown>>(file)
}
