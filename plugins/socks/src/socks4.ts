import { isIPv4, type Socket } from 'node:net'
import { addressOf, bytesOf } from './addresses.ts'
import { Garbage, type Reason, Refusal } from './failure.ts'
import { hangUp } from './hang-up.ts'
import type { Request, Where } from './request.ts'

const GRANTED = 90
const REJECTED = 91

/** What a user or a host may be called, in bytes. */
const LONGEST = 255

/** Where the user begins: after version, command, port and address. */
const USER = 8

/**
 * Reads a request of SOCKS 4, or of 4a with a name for the client who can't look it up.
 *
 * @param held what has come, from the version on
 * @returns `undefined` as long as more has to come
 * @throws Garbage, Refusal
 * @see https://www.openssh.com/txt/socks4.protocol and socks4a.protocol
 */
export function readSocks4(held: Buffer): Request | undefined {
  if (held.length < USER) return undefined
  const code = held.readUInt8(1)
  const port = held.readUInt16BE(2)
  const address = held.subarray(4, USER)
  const userEnd = endOfText(held, USER)
  if (userEnd === undefined) return undefined
  // 0.0.0.x, where x isn't 0, stands for a name.
  const isNamed = address.readUInt32BE() < 256 && address.readUInt8(3) !== 0
  const end = isNamed ? endOfText(held, userEnd + 1) : userEnd
  if (end === undefined) return undefined
  const host = isNamed ? held.toString('utf8', userEnd + 1, end) : addressOf(address)
  if (host === '') throw new Garbage('it names no host')
  if (code !== 1 && code !== 2) {
    throw refusal('command not supported', `command ${code} is not supported`)
  }
  return {
    length: end + 1,
    command: code === 1 ? 'CONNECT' : 'BIND',
    destination: { host, port },
    user: userEnd === USER ? undefined : held.toString('utf8', USER, userEnd),
    accept,
    refuse,
  }
}

/** Where the zero is that a text ends with, if it is there already. @throws Garbage */
function endOfText(held: Buffer, from: number): number | undefined {
  const end = held.indexOf(0, from)
  if ((end === -1 ? held.length : end) - from > LONGEST) throw new Garbage('a text is too long')
  return end === -1 ? undefined : end
}

/** What whoever speaks SOCKS 4 is refused with; it has one answer for all reasons. */
export function refusal(reason: Reason, detail: string): Refusal {
  return new Refusal(reason, detail, rejected())
}

function accept(client: Socket, where: Where): void {
  client.write(reply(GRANTED, where))
}

function refuse(client: Socket): void {
  hangUp(client, rejected())
}

function rejected(): Buffer {
  return reply(REJECTED, { address: '0.0.0.0', port: 0 })
}

function reply(code: number, { address, port }: Where): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt8(code, 1)
  bytes.writeUInt16BE(port, 2)
  // There is no room for an address of IPv6; zeros stand for that of this machine.
  if (isIPv4(address)) bytes.set(bytesOf(address), 4)
  return bytes
}
