import type { Socket } from 'node:net'
import { getSystemErrorMap } from 'node:util'
import { ConnectError, type ConnectionListener, counted, log } from 'runnerd'
import { Connecting } from './connecting.ts'
import type { Destination } from './destination.ts'
import { type ProxyVersion, proxyHeader } from './proxy-header.ts'
import { clientName, routeOf } from './route-of.ts'
import { splice } from './splice.ts'
import { takeProxyHeader } from './take-proxy-header.ts'

/** How connections are forwarded. */
export interface ForwardSettings {
  /** How long it may take until a client is connected with the destination, in seconds. */
  readonly connectTimeout: number
  /** Whether a destination that can't be reached is tried again within that time. */
  readonly retry: boolean
  /** Which header of the PROXY protocol the destination gets; `undefined` for none. */
  readonly sendProxy?: ProxyVersion | undefined
  /** Whether clients begin with such a header. */
  readonly acceptProxy?: boolean | undefined
}

/** A peer that is gone without a word is noticed after so long, and what its system takes to ask. */
const KEEP_ALIVE = 60_000
const system = 'portforward'

/** Returns what forwards each connection that a server gives it. */
export function forwardTo(destination: Destination, settings: ForwardSettings): ConnectionListener {
  const connecting = new Connecting(destination, settings.retry, system)
  return function portforward(client) {
    // Each direction has its own end.
    client.allowHalfOpen = true
    client.setKeepAlive(true, KEEP_ALIVE)
    return forward(client, destination, connecting, settings)
  }
}

async function forward(
  client: Socket,
  destination: Destination,
  connecting: Connecting,
  { connectTimeout, sendProxy, acceptProxy }: ForwardSettings,
): Promise<void> {
  const began = performance.now()
  const unwanted = new AbortController()
  const { signal } = unwanted
  const late = setTimeout(() => unwanted.abort(timedOut(destination)), connectTimeout * 1000)
  const gone = (): void => unwanted.abort()
  client.once('close', gone)
  let name = clientName(routeOf(client))
  try {
    const told = acceptProxy ? (await takeProxyHeader(client, signal)).route : undefined
    const route = told ?? routeOf(client)
    name = clientName(route)
    const header = sendProxy && proxyHeader(sendProxy, route)
    const server = await connecting.connect(header, signal)
    server.setKeepAlive(true, KEEP_ALIVE)
    log.msg(`forwarding ${name} to ${destination}`, { system })
    tellEnd(client, server, name, began)
    splice(client, server)
  } catch (error) {
    const { message } = error as Error
    const isGone = client.destroyed && !acceptProxy
    log.msg(`hung up on ${name}: ${isGone ? 'it went before it was connected' : message}`, {
      system,
    })
    client.destroy()
  } finally {
    clearTimeout(late)
    client.off('close', gone)
  }
}

/** What is said of a destination that has not answered at all. */
function timedOut(destination: Destination): ConnectError {
  const cause = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })
  return new ConnectError(String(destination), cause)
}

/** The system's words, without Node's code and call. */
function reasonOf({ errno, message }: NodeJS.ErrnoException): string {
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message
}

/** Logs what came of a connection when both its ends are closed. */
function tellEnd(client: Socket, server: Socket, name: string, began: number): void {
  let open = 2
  const closed = (): void => {
    open -= 1
    if (open > 0) return
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const error = server.errored ?? client.errored
    const why = error ? `: ${reasonOf(error)}` : ''
    const counts = `${counted(server.bytesWritten, 'byte')} there, ${server.bytesRead} back`
    log.msg(`done with ${name}: ${counts}, in ${seconds} seconds${why}`, { system })
  }
  for (const socket of [client, server]) {
    if (socket.destroyed) closed()
    else socket.once('close', closed)
  }
}
