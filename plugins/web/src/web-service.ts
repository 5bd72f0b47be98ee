import { statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import {
  type HTTPListener,
  type HTTPRefusal,
  type HTTPServerOptions,
  type IService,
  listenHTTPService,
  log,
  MultiService,
  UsageError,
} from 'runnerd'
import { AccessFile } from './access-file.ts'
import { type AccessLog, accessLog } from './access-log.ts'
import { type AddedHeaders, addedHeaders } from './add-header.ts'
import { setRefused } from './answered-status.ts'
import { CannotServeError, NOINPUT } from './cannot-serve.ts'
import { forwardedAddress, peerAddress } from './client-address.ts'
import { RequestCounts } from './request-counts.ts'
import type { WebOptions } from './web-options.ts'

/** What answers, and what its servers are to be told. */
interface Served {
  readonly listener: HTTPListener
  readonly options: HTTPServerOptions
  /** What is to be stopped when they have stopped. */
  readonly behind?: IService
  /** What is to be stopped before they are. */
  readonly before?: IService | undefined
}

/**
 * Makes the service of the plugin. Its children are started in this order, and stopped in
 * the other: the app, the access log, the servers, what tells the app of the end.
 *
 * @throws UsageError, CannotServeError
 */
export async function makeWebService(options: WebOptions): Promise<IService> {
  const headers = addedHeaders(options['add-header'] ?? [])
  const patience = patienceOf(options)
  const counts = new RequestCounts()
  const top = Object.assign(new MultiService(), { metrics: () => counts.metrics() })
  const served = options.app === undefined ? await site(options) : await app(options.app)
  await served.behind?.setServiceParent(top)
  const logged = accessLogFor(options, top)
  const all = around(served.listener, headers, logged, counts)
  const servers = listenHTTPService(options, all.listener, {
    ...served.options,
    ...patience,
    refused: all.refused,
  })
  await servers.setServiceParent(top)
  await served.before?.setServiceParent(top)
  return top
}

async function site(options: WebOptions): Promise<Served> {
  const { path = '', index, listing, dotfiles, spa, 'follow-symlinks': followSymlinks } = options
  const root = siteRoot(path)
  const { makeSite } = await import('./site.ts')
  return {
    listener: makeSite(root, { index, listing, dotfiles, spa, followSymlinks }),
    // A file keeps nobody waiting, so that who is gone is found out.
    options: { allowHalfOpen: true },
  }
}

function siteRoot(path: string): string {
  const root = resolve(path)
  const stats = statSync(root, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return root
  const reason = stats === undefined ? 'there is no such directory' : 'it is no directory'
  throw new CannotServeError('ERR_WEB_PATH', path, reason, { exitStatus: NOINPUT })
}

async function app(named: string): Promise<Served> {
  const { loadApp } = await import('./load-app.ts')
  const { AppDrain, AppService } = await import('./app-service.ts')
  const loaded = await loadApp(named)
  const { listener, http2, upgrade, drain } = loaded
  return {
    listener,
    options: { http2, upgrade },
    behind: new AppService(loaded),
    before: drain && new AppDrain(drain),
  }
}

/** How long clients may take, with what is wrong with it said by the option's name. */
function patienceOf(options: WebOptions): HTTPServerOptions {
  for (const name of ['headers-timeout', 'request-timeout', 'close-timeout'] as const) {
    const seconds = options[name]
    if (seconds >= 0 && seconds <= LONGEST) continue
    throw new UsageError(`cannot use --${name} ${seconds}: it must be from 0 to ${LONGEST} seconds`)
  }
  return {
    headersTimeout: options['headers-timeout'],
    requestTimeout: options['request-timeout'],
    closeTimeout: options['close-timeout'],
  }
}

/** As long as a timer can be set for, in seconds. */
const LONGEST = 2_147_483

function accessLogFor(options: WebOptions, top: MultiService): AccessLog | undefined {
  const { app, 'trust-proxy': proxies } = options
  // Also where there is no log: what is wrong with it is said.
  const addressOf = proxies === undefined ? peerAddress : forwardedAddress(proxies)
  const where = options['access-log'] ?? (app === undefined ? '-' : 'off')
  if (where === 'off') return undefined
  if (where === '-') return accessLog((line) => log.msg(line, { system: 'access' }), addressOf)
  const file = new AccessFile(resolve(where))
  void file.setServiceParent(top)
  return accessLog((line) => file.write(line), addressOf)
}

/** What is done for each answer, whoever gives it. */
interface Around {
  readonly listener: HTTPListener
  readonly refused: (refusal: HTTPRefusal) => void
}

function around(
  listener: HTTPListener,
  headers: AddedHeaders,
  logged: AccessLog | undefined,
  counts: RequestCounts,
): Around {
  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    counts.began(response)
    logged?.began(request, response)
    for (const [name, value] of headers) response.setHeader(name, value)
  }
  const wrapped: HTTPListener = (request, response, context) => {
    begin(request, response)
    return listener(request, response, context)
  }
  return {
    // It is what the log calls the server.
    listener: Object.defineProperty(wrapped, 'name', { value: listener.name }),
    refused({ status, socket, response }) {
      if (response === undefined) {
        counts.refused(status)
        logged?.refused(status, socket)
        return
      }
      if (!counts.knows(response)) begin(response.req, response)
      setRefused(response, status)
    },
  }
}
