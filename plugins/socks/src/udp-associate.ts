import type { Socket } from 'node:net'
import { log } from 'runnerd'
import { localOf, peerOf } from './ends.ts'
import { keepAlive } from './keep-alive.ts'
import type { Request } from './request.ts'
import type { Settings } from './settings.ts'
import { UdpAssociation } from './udp-association.ts'

/** How often a connection is told that it isn't idle, in ms, while datagrams pass. */
const STILL_HERE = 10_000

/**
 * Passes on datagrams for a client as long as its connection lasts.
 *
 * @throws the system's error if there is no port for it
 */
export async function associate(
  client: Socket,
  request: Request,
  { rules, udpRate }: Settings,
): Promise<void> {
  const peer = peerOf(client)
  const { host, port } = request.destination
  // Behind a translation of addresses it knows neither its address nor its port.
  const from = { address: peer.address, port: host === peer.address ? port : 0 }
  const association = new UdpAssociation(localOf(client).address, from, rules, udpRate)
  const { counts } = association
  let passed = 0
  const watch = setInterval(() => {
    const now = counts.sent + counts.received
    // The timeout of the connection begins anew.
    if (now > passed && client.timeout) client.setTimeout(client.timeout)
    passed = now
  }, STILL_HERE)
  const timer = keepAlive(client)
  client.on('close', () => {
    clearInterval(watch)
    clearTimeout(timer)
    association.close()
    const { sent, received, dropped } = counts
    log.msg(
      `UDP ASSOCIATE by ${peer.address} ended: ${sent} sent, ${received} received, ${dropped} dropped`,
      {
        system: 'SOCKS',
      },
    )
  })
  request.accept(client, await association.open())
  // It has nothing more to say, and to end it ends the association.
  if (client.readableEnded) client.end()
  else client.on('end', () => client.end()).resume()
}
