import type { Socket } from 'node:net'
import { type Failure, Garbage, type Reason, Refusal } from './failure.ts'
import { hangUp } from './hang-up.ts'
import type { Command, Message, Request, Where } from './request.ts'
import { isAddressType, readAddress, withAddress } from './socks5-address.ts'

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

/** A way for a client to say who it is, or that it need not (RFC 1928, section 3). */
export const method = { none: 0, password: 2 }

/** What a client is told of the way that is taken. */
export function chosen(way: number): Buffer {
  return Buffer.from([VERSION, way])
}

/** What it is told if none of its ways will do. */
export const NONE_ACCEPTABLE = chosen(255)

export interface Greeting extends Message {
  /** The ways that the client has to say who it is. */
  readonly methods: Uint8Array
}

/**
 * Reads what a client of SOCKS 5 begins with.
 *
 * @param held what has come, from the version on
 * @returns `undefined` as long as more has to come
 * @see RFC 1928, section 3
 */
export function readGreeting(held: Buffer): Greeting | undefined {
  const length = 2 + (held[1] ?? 0)
  return held.length < Math.max(2, length)
    ? undefined
    : { length, methods: held.subarray(2, length) }
}

/** What who has logged in is told, and who isn't let in. */
export const RIGHT: Buffer = Buffer.from([1, 0])
export const WRONG: Buffer = Buffer.from([1, 1])

export interface Login extends Message {
  readonly name: string
  readonly password: string
}

/**
 * Reads a name and a password.
 *
 * @returns `undefined` as long as more has to come
 * @throws Garbage
 * @see RFC 1929
 */
export function readLogin(held: Buffer): Login | undefined {
  const version = held[0]
  if (version !== undefined && version !== 1) throw new Garbage(`a login of version ${version}`)
  const nameEnd = 2 + (held[1] ?? 0)
  const length = nameEnd + 1 + (held[nameEnd] ?? 0)
  // The second is wrong as long as the first has not come: it is too small then.
  if (held.length <= nameEnd || held.length < length) return undefined
  const name = held.toString('utf8', 2, nameEnd)
  return { length, name, password: held.toString('utf8', nameEnd + 1, length) }
}

/** Where the address begins: after version, command and a zero. */
const ADDRESS = 3

/**
 * Reads a request.
 *
 * @returns `undefined` as long as more has to come
 * @throws Garbage, Refusal
 * @see RFC 1928, section 4
 */
export function readRequest(held: Buffer): Request | undefined {
  const version = held[0]
  if (version !== undefined && version !== VERSION) {
    throw new Garbage(`a request of version ${version}`)
  }
  const type = held[ADDRESS]
  if (type === undefined) return undefined
  if (!isAddressType(type)) {
    throw refusal('address type not supported', `address type ${type} is not supported`)
  }
  const found = readAddress(held, ADDRESS)
  if (found === undefined) return undefined
  const { destination, end } = found
  if (destination.host === '') throw new Garbage('it names no host')
  const code = held.readUInt8(1)
  const command = commands[code]
  if (command === undefined) {
    throw refusal('command not supported', `command ${code} is not supported`)
  }
  return { length: end, command, destination, user: undefined, accept, refuse }
}

function refusal(reason: Reason, detail: string): Refusal {
  return new Refusal(reason, detail, reply(replies[reason], NOWHERE))
}

function accept(client: Socket, where: Where): void {
  client.write(reply(0, where))
}

function refuse(client: Socket, { reason }: Failure): void {
  hangUp(client, reply(replies[reason], NOWHERE))
}

const NOWHERE: Where = { address: '0.0.0.0', port: 0 }

function reply(code: number, where: Where): Buffer {
  const bytes = withAddress(ADDRESS, where, 0)
  bytes[0] = VERSION
  bytes[1] = code
  return bytes
}
