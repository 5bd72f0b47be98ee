import { existsSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { provideDoor } from './provide-door.ts'

/** What a native import says of TypeScript that it can't run. */
const NEEDS_TRANSFORM = new Set([
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
])

/** What V8 says of an ES module that Node took for CommonJS. */
const IS_ES_MODULE = new RegExp(
  [
    '^Cannot use import statement outside a module',
    "^Unexpected token 'export'",
    "^Cannot use 'import.meta' outside a module",
  ].join('|'),
)

/**
 * Imports a dropin or a tac file. TypeScript, and an ES module in a project that
 * is CommonJS, is run by Node itself where it can, else by jiti, which is loaded
 * only then. `import 'runnerd'` means the
 * copy that the module's own project has, else `door`.
 *
 * @throws whatever the module throws when it is imported
 */
export async function loadModule(file: string, door: string): Promise<Record<string, unknown>> {
  if (!existsSync(file)) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
  const isDirectory = statSync(file).isDirectory()
  if (isDirectory) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' })
  const hasOwnDoor = await provideDoor(file, door)
  if (isNodes(file)) {
    try {
      return await import(pathToFileURL(file).href)
    } catch (error) {
      if (!mayTransform(file, error)) throw error
    }
  }
  const { importTransformed } = await import('./import-transformed.ts')
  return await importTransformed(file, hasOwnDoor ? undefined : door)
}

function isTypeScript(file: string): boolean {
  return /^\.[cm]?ts$/.test(extname(file))
}

function isNodes(file: string): boolean {
  const { typescript } = process.features as { typescript?: string | false }
  return !isTypeScript(file) || Boolean(typescript)
}

function mayTransform(file: string, error: unknown): boolean {
  const { code = '', message = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  if (isTypeScript(file) && NEEDS_TRANSFORM.has(code)) return true
  return error instanceof SyntaxError && IS_ES_MODULE.test(message)
}

/** What a module exports, by name; `module.exports` of a CommonJS one counts as its exports. */
export function exportsOf(module: Record<string, unknown>): Map<string, unknown> {
  const exports = new Map<string, unknown>(Object.entries(module))
  const whole = module['module.exports'] ?? module.default
  exports.delete('module.exports')
  if (typeof whole === 'object' && whole !== null) {
    for (const [name, value] of Object.entries(whole)) {
      if (!exports.has(name)) exports.set(name, value)
    }
  }
  return exports
}
