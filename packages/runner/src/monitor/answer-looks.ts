import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { log } from '@runnerd/logging'
import { requestTarget } from '../request-target.ts'
import { type Page, pages } from './pages.ts'
import { type LookPath, lookPaths } from './paths.ts'
import type { Watch } from './watch.ts'

const METHODS = ['GET', 'HEAD']

/**
 * Answers a request on the monitor: GET and HEAD, and nothing that changes anything.
 * Whatever comes in ends nothing but itself.
 */
export async function answerLook(
  watch: Watch,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    send(response, await pageFor(watch, request))
  } catch (error) {
    log.err(error, `Cannot answer ${request.method} ${request.url}`)
    send(response, refusal(500, 'cannot answer'))
  }
}

async function pageFor(watch: Watch, request: IncomingMessage): Promise<Page> {
  const { path, query, host = request.headers.host } = requestTarget(request.url)
  if (!isMeant(host, request.socket.localAddress))
    return refusal(421, 'another host is meant: ask by an address, or by localhost')
  if (!METHODS.includes(request.method ?? '')) return refusal(405, 'only GET and HEAD')
  if (!isLook(path)) return refusal(404, `there are ${lookPaths.join(', ')}`)
  return await pages[path](watch, { query, headers: request.headers })
}

function isLook(path: string): path is LookPath {
  return (lookPaths as readonly string[]).includes(path)
}

/**
 * A page of somebody else's, in a browser on this machine, may have its own name lead to
 * the loopback address, and read what answers there: where that is reached, it goes by an
 * address or by localhost.
 */
function isMeant(host: string | undefined, address: string | undefined): boolean {
  if (host === undefined || address === undefined || !isLoopback(address)) return true
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  return isIP(name) !== 0 || /^(.+\.)?localhost\.?$/.test(name)
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

function refusal(code: number, reason: string): Page {
  return { code, type: 'text/plain; charset=utf-8', body: `${reason}\n` }
}

function send(response: ServerResponse, { code, type, body, headers }: Page): void {
  if (response.destroyed) return
  if (code === 405) response.setHeader('Allow', METHODS.join(', '))
  const text = Buffer.from(body)
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': text.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  })
  response.end(text)
}
