import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { UsageError } from '@runnerd/options'
import { ExitStatus } from '../exit-status.ts'
import type { Page } from '../monitor/pages.ts'
import { type LookPath, lookPaths } from '../monitor/paths.ts'
import { RunnerError } from '../runner-error.ts'
import type { Controlled } from './controlled.ts'

/** A request, read whole. */
export interface Request {
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

/** What is answered: something to write as JSON, or JSON that is written already. */
export type Answer = object | string | Readable | LastAnswer | PageAnswer

/** An answer that comes to its end with this process, if that ends in order. */
export class LastAnswer {
  readonly report: object

  constructor(report: object) {
    this.report = report
  }
}

/** An answer that says itself what it is. */
export class PageAnswer {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }
}

type Route = (controlled: Controlled, request: Request) => Answer | Promise<Answer>

/** The longest profile, in seconds: it is held in memory. */
const LONGEST_PROFILE = 600

type Routes = { readonly [path: string]: { readonly [method: string]: Route } }

/** The whole API: by path, then by method. */
export const routes: Routes = {
  ...Object.fromEntries(lookPaths.map((path) => [path, { GET: look(path), HEAD: look(path) }])),
  '/status': { GET: (controlled) => controlled.status() },
  '/stop': { POST: async (controlled) => new LastAnswer(await controlled.stop()) },
  '/reload': {
    POST: (controlled) => {
      if (controlled.reload === undefined) throw unable('reload', 'it does not know how')
      return controlled.reload()
    },
  },
  '/log': {
    GET: (controlled) => logOf(controlled).get(),
    PUT: (controlled, { body }) => logOf(controlled).put(settingsIn(body)),
  },
  '/debug': { POST: (controlled, { query }) => controlled.debug(workerIn(query)) },
  '/profile': {
    POST: (controlled, { query, signal }) =>
      controlled.profile(secondsIn(query), signal, workerIn(query)),
  },
  '/heap': { POST: (controlled, { query }) => controlled.heap(workerIn(query)) },
}

/** As on the monitor. */
function look(path: LookPath): Route {
  return async (controlled, { query, headers }) =>
    new PageAnswer(await (await controlled.watching()).page(path, { query, headers }))
}

function logOf({ log }: Controlled): NonNullable<Controlled['log']> {
  if (log === undefined) throw unable('change the log', 'it has no settings')
  return log
}

function settingsIn(body: string): Readonly<Record<string, unknown>> {
  let settings: unknown
  try {
    settings = JSON.parse(body)
  } catch (error) {
    throw new UsageError('cannot change the log: the body is no JSON', { cause: error })
  }
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) {
    return settings as Record<string, unknown>
  }
  throw new UsageError('cannot change the log: the body is no object')
}

function secondsIn(query: URLSearchParams): number {
  const text = query.get('seconds') ?? '10'
  const seconds = text.trim() === '' ? Number.NaN : Number(text)
  if (seconds > 0 && seconds <= LONGEST_PROFILE) return seconds
  const range = `a number of seconds above 0 and up to ${LONGEST_PROFILE}`
  throw new UsageError(`cannot profile: seconds must be ${range}, not ${JSON.stringify(text)}`)
}

/** Which worker is meant; `undefined` for the process itself, or the first. */
function workerIn(query: URLSearchParams): number | undefined {
  const text = query.get('worker')
  if (text === null) return undefined
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new UsageError(`cannot choose a worker: not the number of one: ${JSON.stringify(text)}`)
}

function unable(what: string, reason: string): RunnerError {
  return new RunnerError('ERR_UNABLE', ExitStatus.UNAVAILABLE, `cannot ${what}: ${reason}`)
}
