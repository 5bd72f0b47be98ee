import { log } from 'runnerd'
import { type App, appOf, fetchingFunction } from './app-kinds.ts'
import { findApp, importApp } from './app-module.ts'
import { CannotServeError, CONFIG } from './cannot-serve.ts'
import { ListenGuard } from './listen-guard.ts'

/** The names that an app is looked for under, in this order. */
const NAMES = ['default', 'app', 'application', 'handler', 'fetch', 'server'] as const

/**
 * Loads the app that `--app MODULE[#EXPORT]` names.
 *
 * @throws CannotServeError
 */
export async function loadApp(named: string): Promise<App> {
  const { file, exportName } = findApp(named)
  const guard = new ListenGuard(
    (where) =>
      new CannotServeError('ERR_APP_LISTENS', named, `it listens ${where} itself`, {
        hint: 'export the app and leave out its listen(): runner listens, see --listen and --port',
        exitStatus: CONFIG,
      }),
  )
  try {
    const app = await Promise.race([makeApp(named, file, exportName), guard.heard])
    log.msg(`loaded ${named}: ${app.kind}`)
    return app
  } catch (error) {
    throw error instanceof CannotServeError ? error : failed(named, error)
  } finally {
    guard.end()
  }
}

async function makeApp(named: string, file: string, exportName?: string): Promise<App> {
  const exports = exportsOf(await importApp(file))
  const name = exportName ?? NAMES.find((each) => exports[each] !== undefined)
  if (name === undefined || exports[name] === undefined) {
    const reason = name === undefined ? 'it exports no app' : `it does not export ${name}`
    throw new CannotServeError('ERR_APP_NONE', named, reason, {
      hint: 'an app is its default export, or the one that is named after a #',
      exitStatus: CONFIG,
    })
  }
  const app = await appIn(exports[name], file, name)
  if (app === undefined) {
    throw new CannotServeError('ERR_APP_NONE', named, `its export ${name} is no app`, {
      hint: 'it takes a function (request, response), an app of Express, Fastify, Koa or Hono, an object with fetch, or a function without arguments that makes one',
      exitStatus: CONFIG,
    })
  }
  const { close } = exports
  return typeof close === 'function'
    ? { ...app, close: () => closeBoth(app, close as () => unknown) }
    : app
}

/** What a module exports; a CommonJS one that was made of another has its own default in it. */
function exportsOf(module: Record<string, unknown>): Record<string, unknown> {
  const whole = module.default as Record<string, unknown> | undefined
  return typeof whole === 'object' && whole?.__esModule ? whole : { ...module }
}

/** An app; or a promise of one, or a function that makes one. */
async function appIn(value: unknown, file: string, name: string): Promise<App | undefined> {
  if (name === 'fetch' && typeof value === 'function') return await fetchingFunction(value, file)
  const app = await appOf(value, file)
  if (app !== undefined) return app
  if (typeof (value as Partial<PromiseLike<unknown>> | null)?.then === 'function') {
    return await appIn(await value, file, '')
  }
  if (typeof value !== 'function' || isClass(value)) return undefined
  if (value.length === 1) return await fetchingFunction(value, file)
  return value.length === 0 ? await appIn(await value(), file, '') : undefined
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value))
}

async function closeBoth(app: App, close: () => unknown): Promise<void> {
  await app.close?.()
  await close()
}

function failed(named: string, error: unknown): CannotServeError {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  const what = message.split('\n', 1)[0] || 'it failed to load'
  if (!(error instanceof SyntaxError)) {
    return new CannotServeError('ERR_APP_FAILED', named, what, { cause: error })
  }
  // Where it is stands in the stack, if anywhere.
  const place = /^(?:file:\/\/)?(\/.*:\d+)\n/.exec(stack)?.[1]
  const reason = `${name}: ${what}${place === undefined ? '' : `, ${place}`}`
  return new CannotServeError('ERR_APP_FAILED', named, reason, { cause: error })
}
