import { types } from 'node:util'
import { createJiti } from 'jiti'
import { transformCacheDir } from './transform-cache-dir.ts'

/**
 * Imports TypeScript through jiti. What it transforms is kept in the user's own
 * cache directory where that is safe: its default, a directory of all users, is a
 * place where others could leave code for us to run. What a CommonJS module exports
 * is the default, as when Node itself imports one.
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
  const exports: unknown = await jiti.import(file)
  return isNamespace(exports) ? exports : { default: exports }
}

/** False for the `module.exports` of a CommonJS module, which may be anything. */
function isNamespace(exports: unknown): exports is Record<string, unknown> {
  if (types.isModuleNamespaceObject(exports)) return true
  return typeof exports === 'object' && exports !== null && '__esModule' in exports
}
