import { existsSync, realpathSync } from 'node:fs'
import Module from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const NAME = 'runnerd'
let provided = false

/**
 * Sees to it that `import 'runnerd'` and `require('runnerd')` work in a module
 * that has no copy of runnerd on its way up, as a single file in any project has
 * not. Returns whether it has one.
 */
export async function provideDoor(file: string, door: string): Promise<boolean> {
  if (hasOwnDoor(realpathSync(file))) return true
  if (!provided) {
    provided = true
    await resolveImports(pathToFileURL(door).href)
    resolveRequires(door)
  }
  return false
}

function hasOwnDoor(file: string): boolean {
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'node_modules', NAME, 'package.json'))) return true
    if (dir === dirname(dir)) return false
  }
}

type Resolve = (specifier: string, context: unknown, next: Resolve) => unknown
type RegisterHooks = (hooks: { resolve: Resolve }) => void

/** For `import`: a resolver that is asked when Node's own finds nothing. */
async function resolveImports(url: string): Promise<void> {
  const { registerHooks } = Module as unknown as { registerHooks?: RegisterHooks }
  if (registerHooks) {
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== NAME) return next(specifier, context, next)
        try {
          return next(specifier, context, next)
        } catch {
          return { url, shortCircuit: true }
        }
      },
    })
    return
  }
  const hooks = `
    export async function resolve(specifier, context, next) {
      if (specifier !== ${JSON.stringify(NAME)}) return next(specifier, context)
      try { return await next(specifier, context) }
      catch { return { url: ${JSON.stringify(url)}, shortCircuit: true } }
    }`
  Module.register(`data:text/javascript,${encodeURIComponent(hooks)}`)
}

type ResolveFilename = (request: string, ...rest: unknown[]) => string

/** For `require`, which Node 20's hooks don't reach. */
function resolveRequires(door: string): void {
  const loader = Module as unknown as { _resolveFilename: ResolveFilename }
  const resolve = loader._resolveFilename
  loader._resolveFilename = function (this: unknown, request, ...rest) {
    if (request !== NAME) return resolve.call(this, request, ...rest)
    try {
      return resolve.call(this, request, ...rest)
    } catch {
      return door
    }
  }
}
