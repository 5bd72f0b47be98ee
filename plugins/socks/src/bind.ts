import { type AddressInfo, createServer, type Socket } from 'node:net'
import { counted } from 'runnerd'
import { peerOf } from './ends.ts'
import { Failure } from './failure.ts'
import { gone, refuseGone } from './gone.ts'
import type { Request } from './request.ts'
import { routeTo } from './route-to.ts'

/**
 * Waits for one connection from an address, at a port of the address that this machine
 * has for it; the client is told that port. Anybody else who connects is hung up on.
 *
 * @param from who may connect
 * @param seconds how long it waits
 * @throws Failure when nobody comes or the client is gone, or the system's error
 */
export async function acceptOne(
  client: Socket,
  request: Request,
  from: readonly string[],
  seconds: number,
): Promise<Socket> {
  const [first = ''] = from
  const address = await routeTo(first, request.destination.port)
  refuseGone(client)
  const server = createServer({ allowHalfOpen: true, noDelay: true })
  const late = new Failure('timed out', `nobody connected for ${counted(seconds, 'second')}`)
  let timer: NodeJS.Timeout | undefined
  let leave = (): void => {}
  try {
    return await new Promise<Socket>((resolve, reject) => {
      timer = setTimeout(() => reject(late), seconds * 1000)
      leave = () => reject(gone())
      client.on('close', leave)
      server.on('error', reject)
      server.on('connection', (peer) => {
        if (from.includes(peerOf(peer).address)) resolve(peer)
        else peer.destroy()
      })
      server.listen({ host: address, port: 0, backlog: 4 }, () => {
        request.accept(client, server.address() as AddressInfo)
      })
    })
  } finally {
    clearTimeout(timer)
    client.off('close', leave)
    server.close()
  }
}
