import { getSystemErrorMap } from 'node:util'
import { log } from 'runnerd'
import { type App, appOf, fetchingFunction } from './app-kinds.ts'
import { findApp, importApp } from './app-module.ts'
import { CannotServeError, CONFIG, NOINPUT, NOPERM, SOFTWARE } from './cannot-serve.ts'
import { ListenGuard } from './listen-guard.ts'
import { reasonOf } from './reason-of.ts'
import { syntaxErrorPlace } from './syntax-error-place.ts'

/** The names that an app is looked for under, in this order. */
const NAMES = ['default', 'app', 'application', 'handler', 'fetch', 'server'] as const

/**
 * Loads the app that `--app MODULE[#EXPORT]` names.
 *
 * @throws CannotServeError
 */
export async function loadApp(named: string): Promise<App> {
  const { file, exportName } = await findApp(named)
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
    throw isOurs(error) ? error : failed(named, file, error)
  } finally {
    guard.end()
  }
}

async function makeApp(named: string, file: string, exportName?: string): Promise<App> {
  let taken: string | undefined
  for (const exports of exportsOf(await importApp(file))) {
    const name = exportName ?? NAMES.find((each) => exports[each] !== undefined)
    if (name === undefined || exports[name] === undefined) continue
    const app = await appIn(exports[name], file, name)
    if (app !== undefined) return withOwn(app, exports)
    taken ??= name
  }
  throw noApp(named, exportName, taken)
}

/** What a module exports; what a CommonJS one exports by names may be in its default only. */
function exportsOf(module: Record<string, unknown>): Record<string, unknown>[] {
  const whole = module.default as Record<string, unknown> | null | undefined
  if (typeof whole !== 'object' || whole === null) return [module]
  // One that was compiled from a module has its own default in it.
  return whole.__esModule ? [whole] : [module, whole]
}

/** @param taken - the export that was taken for one */
function noApp(named: string, exportName?: string, taken?: string): CannotServeError {
  if (taken !== undefined) {
    return new CannotServeError('ERR_APP_NONE', named, `its export ${taken} is no app`, {
      hint: 'it takes a function (request, response), an app of Express, Fastify, Koa or Hono, an object with fetch, or a function without arguments that makes one',
      exitStatus: CONFIG,
    })
  }
  const reason = exportName === undefined ? 'it exports no app' : `it does not export ${exportName}`
  return new CannotServeError('ERR_APP_NONE', named, reason, {
    hint: 'an app is its default export, or the one that is named after a #',
    exitStatus: CONFIG,
  })
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

/** Has what the module itself exports for it called, too. */
function withOwn(app: App, { close, drain }: Record<string, unknown>): App {
  return {
    ...app,
    ...(typeof drain === 'function' && { drain: () => drain() }),
    ...(typeof close === 'function' && {
      async close() {
        await app.close?.()
        await close()
      },
    }),
  }
}

function failed(named: string, file: string, thrown: unknown): CannotServeError {
  const said = reasonOf(thrown)
  const error = isShown(thrown) ? thrown : undefined
  const unread = unreadable(error, file)
  if (unread !== undefined) return new CannotServeError('ERR_APP_FAILED', named, ...unread)
  const place = syntaxErrorPlace(error, file)
  const reason = place === undefined ? said : `${said}, ${place}`
  // Without a stack of the app's own the line is all that there is to say.
  const more = error === undefined ? { exitStatus: SOFTWARE } : { cause: error }
  return new CannotServeError('ERR_APP_FAILED', named, reason, more)
}

/** Why the file itself can't be read, of which Node says its code, its call and its path too. */
function unreadable(
  error: NodeJS.ErrnoException | undefined,
  file: string,
): [reason: string, more: { readonly exitStatus: number }] | undefined {
  const { code, errno, path } = error ?? {}
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  if (known === undefined || path !== file) return undefined
  return [known, { exitStatus: code === 'EACCES' || code === 'EPERM' ? NOPERM : NOINPUT }]
}

function isOurs(error: unknown): boolean {
  try {
    return error instanceof CannotServeError
  } catch {
    // A proxy's traps are the app's code too.
    return false
  }
}

/** Whether it is an error with a stack that can be read. */
function isShown(thrown: unknown): thrown is Error {
  try {
    return (
      thrown instanceof Error &&
      typeof thrown.stack === 'string' &&
      typeof thrown.message === 'string'
    )
  } catch {
    return false
  }
}
