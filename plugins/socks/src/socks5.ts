import type { Socket } from 'node:net'
import { addressOf, bytesOf } from './addresses.ts'
import type { ClientReader } from './client-reader.ts'
import { peerOf } from './ends.ts'
import { type Failure, Garbage, type Reason, Refusal } from './failure.ts'
import { hangUp } from './hang-up.ts'
import type { LogIn } from './log-in.ts'
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

/** How many bytes an address has, by its type; before a name, type 3, its length is said. */
const sizes: { readonly [type: number]: number } = { 1: 4, 4: 16 }

/**
 * Reads a request of SOCKS 5; before it the client logs in, where that is wanted.
 *
 * @throws Garbage, Refusal
 * @see RFC 1928
 */
export async function readSocks5(
  socket: Socket,
  reader: ClientReader,
  logIn: LogIn | undefined,
): Promise<Request> {
  const user = await authenticate(socket, reader, logIn)
  const head = await reader.bytes(4)
  const [version, code, type] = [head.readUInt8(0), head.readUInt8(1), head.readUInt8(3)]
  if (version !== VERSION) throw new Garbage(`a request of version ${version}`)
  const destination = await readDestination(reader, type)
  const command = commands[code]
  if (destination === undefined) {
    throw refusal('address type not supported', `address type ${type} is not supported`)
  }
  if (command === undefined) {
    throw refusal('command not supported', `command ${code} is not supported`)
  }
  return {
    command,
    destination,
    user,
    rest: reader.end(),
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
  logIn: LogIn | undefined,
): Promise<string | undefined> {
  const methods = await reader.bytes(await reader.byte())
  const wanted = logIn === undefined ? NO_AUTHENTICATION : PASSWORD
  if (!methods.includes(wanted)) {
    const detail = logIn ? 'it offers no password' : 'it wants to log in'
    throw new Refusal('denied', detail, Buffer.from([VERSION, NONE_ACCEPTABLE]))
  }
  socket.write(Buffer.from([VERSION, wanted]))
  return logIn === undefined ? undefined : await readLogin(socket, reader, logIn)
}

/** What who isn't let in is told. */
const WRONG = Buffer.from([1, 1])

/** @see RFC 1929 */
async function readLogin(socket: Socket, reader: ClientReader, logIn: LogIn): Promise<string> {
  const version = await reader.byte()
  if (version !== 1) throw new Garbage(`a login of version ${version}`)
  const name = String(await reader.bytes(await reader.byte()))
  const password = String(await reader.bytes(await reader.byte()))
  const detail = await logIn(name, password, peerOf(socket).address)
  if (detail !== undefined) throw new Refusal('denied', detail, WRONG)
  socket.write(Buffer.from([1, 0]))
  return name
}

/** Reads an address of some type and a port; `undefined` where the type is unknown. */
async function readDestination(
  reader: ClientReader,
  type: number,
): Promise<Destination | undefined> {
  const size = sizes[type] ?? (type === 3 ? await reader.byte() : undefined)
  if (size === undefined) return undefined
  if (size === 0) throw new Garbage('it names no host')
  const bytes = await reader.bytes(size + 2)
  const host = bytes.subarray(0, size)
  return { host: type === 3 ? String(host) : addressOf(host), port: bytes.readUInt16BE(size) }
}

function refusal(reason: Reason, detail: string): Refusal {
  return new Refusal(reason, detail, reply(replies[reason], NOWHERE))
}

function refuse(socket: Socket, { reason }: Failure): void {
  hangUp(socket, reply(replies[reason], NOWHERE))
}

const NOWHERE: Where = { address: '0.0.0.0', port: 0 }

function reply(code: number, where: Where): Buffer {
  const bytes = withAddress(3, where, 0)
  bytes[0] = VERSION
  bytes[1] = code
  return bytes
}

/** Some zeros, an address with its type before it and its port after it, and more zeros. */
export function withAddress(before: number, { address, port }: Where, after: number): Buffer {
  const host = bytesOf(address)
  const bytes = Buffer.alloc(before + 1 + host.length + 2 + after)
  bytes[before] = host.length === 4 ? 1 : 4
  bytes.set(host, before + 1)
  bytes.writeUInt16BE(port, before + 1 + host.length)
  return bytes
}
