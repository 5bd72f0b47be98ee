import { createJiti } from 'jiti'
import { transformCacheDir } from './transform-cache-dir.ts'

/**
 * Imports TypeScript through jiti. What it transforms is kept in the user's own
 * cache directory where that is safe: its default, a directory of all users, is a
 * place where others could leave code for us to run.
 */
export async function importTransformed(
  file: string,
  door: string | undefined,
): Promise<Record<string, unknown>> {
  const jiti = createJiti(file, {
    fsCache: transformCacheDir(process.env) ?? false,
    interopDefault: false,
    nativeModules: ['runnerd'],
    ...(door === undefined ? {} : { alias: { runnerd: door } }),
  })
  return await jiti.import<Record<string, unknown>>(file)
}
