import type { Socket } from 'node:net'
import type { Route } from './proxy-header.ts'

/** From where to where a connection was made; `undefined` for one of a UNIX socket. */
export function routeOf(socket: Socket): Route | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined || localAddress === undefined) return undefined
  return {
    source: { host: plain(remoteAddress), port: remotePort ?? 0 },
    destination: { host: plain(localAddress), port: localPort ?? 0 },
  }
}

/** What a client is called in the log. */
export function clientName(route: Route | undefined): string {
  if (route === undefined) return 'a client'
  const { host, port } = route.source
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** An address of IPv4 that came through a socket for both is one of IPv4. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
