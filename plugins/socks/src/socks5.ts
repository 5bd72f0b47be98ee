import type { Socket } from 'node:net'
import { addressOf, bytesOf } from './addresses.ts'
import type { ClientReader } from './client-reader.ts'
import { Failure, Garbage, type Reason } from './failure.ts'
import { hangUp } from './hang-up.ts'
import type { Command, Destination, Request, Where } from './request.ts'

const VERSION = 5

const commands: { readonly [code: number]: Command } = {
  1: 'CONNECT',
  2: 'BIND',
  3: 'UDP ASSOCIATE',
}

/** RFC 1928, section 6. */
const replies: { readonly [reason in Reason]: number } = {
  'general failure': 1,
  denied: 2,
  'network unreachable': 3,
  'host unreachable': 4,
  'connection refused': 5,
  'timed out': 4,
  'command not supported': 7,
  'address type not supported': 8,
}

/** Whether a name has that password. */
export type CheckPassword = (name: string, password: string) => Promise<boolean>

/**
 * Reads a request of SOCKS 5; before it the client logs in, where that is wanted.
 *
 * @throws Garbage, Failure when the client was told already
 * @see RFC 1928
 */
export async function readSocks5(
  socket: Socket,
  reader: ClientReader,
  check: CheckPassword | undefined,
): Promise<Request> {
  const user = await authenticate(socket, reader, check)
  const [version, code = 0, , type = 0] = await reader.bytes(4)
  if (version !== VERSION) throw new Garbage(`a request of version ${version}`)
  const destination = await readDestination(reader, type)
  const command = commands[code]
  if (destination === undefined || command === undefined) {
    const failure =
      destination === undefined
        ? new Failure('address type not supported', `address type ${type} is not supported`)
        : new Failure('command not supported', `command ${code} is not supported`)
    refuse(socket, failure)
    throw failure
  }
  return {
    command,
    destination,
    user,
    accept: (client, where) => client.write(reply(0, where)),
    refuse,
  }
}

const NO_AUTHENTICATION = 0
const PASSWORD = 2
const NONE_ACCEPTABLE = 255

async function authenticate(
  socket: Socket,
  reader: ClientReader,
  check: CheckPassword | undefined,
): Promise<string | undefined> {
  const methods = await reader.bytes(await reader.byte())
  const wanted = check === undefined ? NO_AUTHENTICATION : PASSWORD
  if (!methods.includes(wanted)) {
    hangUp(socket, Buffer.from([VERSION, NONE_ACCEPTABLE]))
    throw new Failure('denied', check ? 'it offers no password' : 'it wants to log in')
  }
  socket.write(Buffer.from([VERSION, wanted]))
  return check === undefined ? undefined : await logIn(socket, reader, check)
}

/** @see RFC 1929 */
async function logIn(socket: Socket, reader: ClientReader, check: CheckPassword): Promise<string> {
  const [version, size = 0] = await reader.bytes(2)
  if (version !== 1) throw new Garbage(`a login of version ${version}`)
  const name = String(await reader.bytes(size))
  const password = String(await reader.bytes(await reader.byte()))
  const isRight = await check(name, password)
  if (isRight) {
    socket.write(Buffer.from([1, 0]))
    return name
  }
  hangUp(socket, Buffer.from([1, 1]))
  throw new Failure('denied', `wrong password of user ${JSON.stringify(name)}`)
}

/** Reads an address of some type and a port; `undefined` where the type is unknown. */
async function readDestination(
  reader: ClientReader,
  type: number,
): Promise<Destination | undefined> {
  if (type !== 1 && type !== 3 && type !== 4) return undefined
  const size = type === 1 ? 4 : type === 4 ? 16 : await reader.byte()
  if (size === 0) throw new Garbage('it names no host')
  const bytes = await reader.bytes(size)
  const port = (await reader.bytes(2)).readUInt16BE()
  return { host: type === 3 ? String(bytes) : addressOf(bytes), port }
}

function refuse(socket: Socket, { reason }: Failure): void {
  hangUp(socket, reply(replies[reason], { address: '0.0.0.0', port: 0 }))
}

function reply(code: number, where: Where): Buffer {
  return Buffer.concat([Buffer.from([VERSION, code, 0]), addressBytes(where)])
}

/** An address with its type before it and the port after it. */
export function addressBytes({ address, port }: Where): Buffer {
  const host = bytesOf(address)
  return Buffer.concat([
    Buffer.from([host.length === 4 ? 1 : 4]),
    host,
    Buffer.from([port >> 8, port & 255]),
  ])
}
