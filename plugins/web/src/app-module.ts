import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { CannotServeError, NOINPUT } from './cannot-serve.ts'
import { moduleFile } from './module-file.ts'

/** Which module an app is in, and under which name. */
export interface AppPlace {
  readonly file: string
  /** What is asked for; undefined for what there is. */
  readonly exportName: string | undefined
}

/**
 * Finds the module of `MODULE#EXPORT`.
 *
 * @throws CannotServeError with code ERR_APP_NOT_FOUND
 */
export async function findApp(named: string): Promise<AppPlace> {
  const whole = await moduleFile(named)
  if (whole !== undefined) return { file: whole, exportName: undefined }
  const at = named.lastIndexOf('#')
  const file = at > 0 ? await moduleFile(named.slice(0, at)) : undefined
  if (file !== undefined) return { file, exportName: named.slice(at + 1) || undefined }
  throw new CannotServeError('ERR_APP_NOT_FOUND', named, 'there is no such module', {
    exitStatus: NOINPUT,
  })
}

/** What is kept of its work could be another's: it is done anew at each start. */
const JITI = {
  fsCache: false,
  interopDefault: false,
  tsconfigPaths: true,
  nativeModules: ['runnerd'],
}

/**
 * Imports it. TypeScript is run by jiti on every Node, so that what runs on one runs on all;
 * what a CommonJS module exports is the default, as when Node itself imports one.
 *
 * @throws whatever the module throws
 */
export async function importApp(file: string): Promise<Record<string, unknown>> {
  if (!/^\.[cm]?tsx?$/.test(extname(file))) return await import(pathToFileURL(file).href)
  const { createJiti } = await import('jiti')
  const exports: unknown = await createJiti(pathToFileURL(file).href, JITI).import(file)
  if (isNamespace(exports)) return exports
  return typeof exports === 'function' ? { ...exports, default: exports } : { default: exports }
}

/** False for the `module.exports` of a CommonJS module, which may be anything. */
function isNamespace(exports: unknown): exports is Record<string, unknown> {
  if (types.isModuleNamespaceObject(exports)) return true
  return typeof exports === 'object' && exports !== null && '__esModule' in exports
}
