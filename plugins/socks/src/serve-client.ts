import type { LookupAddress } from 'node:dns'
import { isIP, type Socket } from 'node:net'
import { acceptOne } from './bind.ts'
import type { ClientReader } from './client-reader.ts'
import { connectOut } from './connect-out.ts'
import { localOf, peerOf } from './ends.ts'
import { Failure } from './failure.ts'
import { Handshake } from './handshake.ts'
import { relay } from './relay.ts'
import type { Command, Request } from './request.ts'
import { resolve } from './resolve.ts'
import type { Settings } from './settings.ts'
import { associate } from './udp-associate.ts'
import { Verdict } from './verdict.ts'

/** Does what one client asks for, to the end. */
export function serveClient(client: Socket, settings: Settings): void {
  // Each side may end on its own.
  client.allowHalfOpen = true
  client.setNoDelay(true)
  const peer = peerOf(client)
  new Handshake(client, peer, settings, (request, user, reader) => {
    const verdict = new Verdict(client, request, user, peer, settings.counts)
    const wish = { client, request, reader, settings, verdict }
    try {
      // A promise is none where it can be done without: it costs each connection.
      commands[request.command](wish)?.catch((error) => refuse(wish, error))
    } catch (error) {
      refuse(wish, error)
    }
  })
}

/** A request of one client, and what is needed to fulfil it. */
interface Wish {
  readonly client: Socket
  readonly request: Request
  readonly reader: ClientReader
  readonly settings: Settings
  readonly verdict: Verdict
}

function refuse({ reader, verdict }: Wish, error: unknown): void {
  reader.end()
  verdict.refused(error)
}

const commands: { readonly [command in Command]: (wish: Wish) => Promise<void> | undefined } = {
  CONNECT(wish) {
    const addresses = resolve(wish.request.destination, wish.settings.rules)
    if (addresses instanceof Promise) return addresses.then((found) => connectTo(found, wish))
    connectTo(addresses, wish)
    return undefined
  },

  async BIND({ client, request, reader, settings, verdict }) {
    const { host } = request.destination
    const found = await resolve(request.destination, settings.rules)
    const addresses = found.map(({ address }) => address)
    verdict.authorized(isIP(host) === 0 ? addresses.join(', ') : undefined)
    const remote = await acceptOne(client, request, addresses, settings.connectTimeout)
    request.accept(client, peerOf(remote))
    relay(client, remote, reader.end())
  },

  async 'UDP ASSOCIATE'({ client, request, reader, settings, verdict }) {
    if (!settings.udp) throw new Failure('command not supported', 'UDP is turned off')
    verdict.authorized()
    reader.end()
    await associate(client, request, settings)
  },
}

function connectTo(addresses: readonly LookupAddress[], wish: Wish): void {
  const { client, request, reader, settings, verdict } = wish
  const { host, port } = request.destination
  const connected = (remote: Socket): void => {
    verdict.authorized(isIP(host) === 0 ? peerOf(remote).address : undefined)
    request.accept(client, localOf(remote))
    relay(client, remote, reader.end())
  }
  const failed = (error: Error): void => refuse(wish, error)
  connectOut(addresses, port, settings.connectTimeout, client, connected, failed)
}
