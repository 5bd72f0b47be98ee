import { isIP, type Socket } from 'node:net'
import { counted, log } from 'runnerd'
import { acceptOne } from './bind.ts'
import { ClientReader } from './client-reader.ts'
import { connectOut } from './connect-out.ts'
import { localOf, peerOf } from './ends.ts'
import { Failure, failureOf, Garbage, Refusal } from './failure.ts'
import { hangUp } from './hang-up.ts'
import { oneLine } from './one-line.ts'
import { relay } from './relay.ts'
import { type Command, type Request, written } from './request.ts'
import { resolve } from './resolve.ts'
import type { Settings } from './settings.ts'
import { readSocks4, refusal } from './socks4.ts'
import { readSocks5 } from './socks5.ts'
import { associate } from './udp-associate.ts'

const system = 'SOCKS'

/** Does what one client asks for, to the end. */
export async function serveClient(client: Socket, settings: Settings): Promise<void> {
  // Each side may end on its own.
  client.allowHalfOpen = true
  client.setNoDelay(true)
  const { address: host, port } = peerOf(client)
  const by = written({ host, port })
  const request = await inTime(client, settings, by)
  if (request === undefined) return
  const { command, destination, user } = request
  const what = `${command} to ${oneLine(written(destination))} by ${by}`
  try {
    await commands[command](client, request, settings, (address) => {
      settings.counts.add(command, true)
      const found = address === undefined ? '' : ` at ${address}`
      const named = user === undefined ? '' : ` (user ${oneLine(user)})`
      log.msg(`${what}${named} authorized${found}`, { system })
    })
  } catch (error) {
    const failure = failureOf(error)
    settings.counts.add(command, false)
    log.msg(`${what} refused: ${failure.message}`, { system })
    request.refuse(client, failure)
  }
}

/** Reads what the client wants; `undefined` when it has been hung up on. */
async function inTime(
  client: Socket,
  settings: Settings,
  by: string,
): Promise<Request | undefined> {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    client.destroy()
  }, settings.handshakeTimeout * 1000)
  const reader = new ClientReader(client)
  try {
    return await readRequest(client, reader, settings)
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof Garbage)) throw error
    const late = `it asked for nothing in ${counted(settings.handshakeTimeout, 'second')}`
    log.msg(`${by} refused: ${isLate ? late : error.message}`, { system })
    if (error instanceof Refusal) hangUp(client, error.answer)
    else client.destroy()
    return undefined
  } finally {
    clearTimeout(timer)
    reader.end()
  }
}

async function readRequest(
  client: Socket,
  reader: ClientReader,
  { logIn }: Settings,
): Promise<Request> {
  const version = await reader.byte()
  if (version === 5) return await readSocks5(client, reader, logIn)
  if (version !== 4) throw new Garbage(`version ${version} is not SOCKS`)
  const request = await readSocks4(reader)
  if (logIn === undefined) return request
  throw refusal('denied', 'SOCKS 4 has no passwords')
}

/** Called when it is clear that nothing forbids it, with the address that a name has. */
type Authorized = (address?: string) => void

type Obey = (
  client: Socket,
  request: Request,
  settings: Settings,
  authorized: Authorized,
) => Promise<void>

const commands: { readonly [command in Command]: Obey } = {
  async CONNECT(client, request, { rules, connectTimeout }, authorized) {
    const { destination } = request
    const addresses = await resolve(destination, rules)
    const remote = await connectOut(addresses, destination.port, connectTimeout, client)
    authorized(isIP(destination.host) === 0 ? peerOf(remote).address : undefined)
    request.accept(client, localOf(remote))
    relay(client, remote, request.rest)
  },

  async BIND(client, request, { rules, connectTimeout }, authorized) {
    const addresses = (await resolve(request.destination, rules)).map(({ address }) => address)
    authorized(isIP(request.destination.host) === 0 ? addresses.join(', ') : undefined)
    const remote = await acceptOne(client, request, addresses, connectTimeout)
    request.accept(client, peerOf(remote))
    relay(client, remote, request.rest)
  },

  async 'UDP ASSOCIATE'(client, request, settings, authorized) {
    if (!settings.udp) throw new Failure('command not supported', 'UDP is turned off')
    authorized()
    await associate(client, request, settings)
  },
}
