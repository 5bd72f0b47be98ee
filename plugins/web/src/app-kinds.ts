import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { Server } from 'node:net'
import { pathToFileURL } from 'node:url'
import { type FetchHandler, fetchListener, type HTTPListener, type UpgradeListener } from 'runnerd'

/** An app, ready to be asked. */
export interface App {
  /** What it was taken for, in the log. */
  readonly kind: string
  readonly listener: HTTPListener
  /** Whether it can do with Node's requests and responses of HTTP/2. */
  readonly http2: boolean
  /** Where it wants connections for other protocols. */
  readonly upgrade?: UpgradeListener
  /** Called when a reload or a stop begins, and what lasts should end. */
  drain?(): unknown
  /** Called when nobody is being answered any more. */
  close?(): unknown
}

type Named = { readonly [name: string]: unknown }

/**
 * Makes an app of what a module exports, if that is one of the kinds that are known.
 *
 * @param file - the module's: what is beside it may serve it better
 */
export async function appOf(value: unknown, file: string): Promise<App | undefined> {
  if (isNothing(value)) return undefined
  const named = value as Named
  if (hasAll(named, 'ready', 'routing', 'close')) return await fastify(named)
  if (hasAll(named, 'callback', 'use')) return koa(named)
  if (value instanceof Server) return nodeServer(value)
  if (typeof value === 'function') return ofFunction(value as Handler)
  if (hasAll(named, 'fetch')) return await fetching(named as unknown as FetchHandler, file)
  return undefined
}

/** Of a function that takes a request of the Fetch standard. */
export function fetchingFunction(fetch: unknown, file: string): Promise<App> {
  return fetching({ fetch: fetch as FetchHandler['fetch'] }, file)
}

async function fastify(app: Named): Promise<App> {
  const { ready, routing, close, server, initialConfig } = app as {
    ready: () => Promise<unknown>
    routing: Handler
    close: () => Promise<void>
    server: EventEmitter
    initialConfig?: { http2?: boolean }
  }
  // Plugins of its own may want upgrades, and say so now.
  await ready.call(app)
  return {
    kind: 'Fastify',
    listener: function App(request, response) {
      return routing(request, response)
    },
    http2: initialConfig?.http2 === true,
    ...upgradesOf(server),
    close: () => close.call(app),
  }
}

function koa(app: Named): App {
  const callback = (app.callback as () => Handler).call(app)
  return {
    kind: 'Koa',
    http2: true,
    listener: function App(request, response) {
      return callback(request, response)
    },
  }
}

/** A server that doesn't listen: what it was made with, and `ws` or the like on it. */
function nodeServer(server: Server): App {
  return {
    kind: 'a server of Node',
    http2: false,
    listener: function App(request, response) {
      server.emit('request', request, response)
    },
    ...upgradesOf(server),
  }
}

type Handler = (request: unknown, response: unknown, next?: (error?: unknown) => void) => unknown

function ofFunction(handler: Handler): App | undefined {
  // A router of its has no `listen`, and leaves to another what it doesn't know.
  const isExpress = hasAll(handler as unknown as Named, 'handle', 'listen')
  const name = handler.name ? `the function ${handler.name}` : 'a function'
  const more = { kind: isExpress ? 'Express' : name, http2: false }
  // Express ends what nobody has answered itself, as long as it is given nobody to call.
  if (isExpress || handler.length === 2) {
    return {
      ...more,
      listener: function App(request, response) {
        return handler(request, response)
      },
    }
  }
  if (handler.length < 3) return undefined
  return {
    ...more,
    listener: function App(request, response) {
      return new Promise((_, reject) => {
        const answered = handler(request, response, (error) => {
          if (error) reject(error)
          else response.writeHead(404, { 'content-type': 'text/plain' }).end('Not Found\n')
        })
        Promise.resolve(answered).catch(reject)
      })
    },
  }
}

async function fetching(app: FetchHandler, file: string): Promise<App> {
  const isHono = hasAll(app as unknown as Named, 'request', 'route')
  const kind = isHono ? 'Hono' : 'a fetch handler'
  const own = await honoListener(app, file)
  const listener = own ?? fetchListener(checked(app))
  return {
    kind,
    http2: true,
    listener: function App(request, response, context) {
      return listener(request, response, context)
    },
  }
}

/** What a project has installed to serve such apps with, if it has. */
async function honoListener(app: FetchHandler, file: string): Promise<HTTPListener | undefined> {
  let found: string
  try {
    found = createRequire(file).resolve('@hono/node-server')
  } catch {
    return undefined
  }
  const { getRequestListener, RequestError } = await import(pathToFileURL(found).href)
  const errorHandler = (error: unknown): Response => {
    // What a client has sent is no request: as it answers where it is told nothing.
    if (typeof RequestError === 'function' && error instanceof RequestError) {
      return new Response(null, { status: 400 })
    }
    throw error
  }
  return getRequestListener?.(app.fetch.bind(app), { errorHandler })
}

function checked(app: FetchHandler): FetchHandler {
  return {
    async fetch(request, context) {
      const answer = await app.fetch(request, context)
      if (typeof answer?.headers?.getSetCookie === 'function') return answer
      throw new TypeError('The app returned no Response')
    },
  }
}

function upgradesOf(server: EventEmitter | undefined): { upgrade?: UpgradeListener } {
  if (!server?.listenerCount('upgrade')) return {}
  return {
    upgrade: (request, socket, head) => {
      server.emit('upgrade', request, socket, head)
    },
  }
}

function isNothing(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function')
}

function hasAll(value: Named, ...names: string[]): boolean {
  return names.every((name) => typeof value[name] === 'function')
}
