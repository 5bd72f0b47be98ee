import { isIPv4, type Socket } from 'node:net'
import { addressOf, bytesOf } from './addresses.ts'
import type { ClientReader } from './client-reader.ts'
import { Garbage, type Reason, Refusal } from './failure.ts'
import { hangUp } from './hang-up.ts'
import type { Request, Where } from './request.ts'

const GRANTED = 90
const REJECTED = 91

/** What a user or a host may be called, in bytes. */
const LONGEST = 255

/**
 * Reads a request of SOCKS 4, or of 4a with a name for the client who can't look it up.
 *
 * @throws Garbage, Refusal
 * @see https://www.openssh.com/txt/socks4.protocol and socks4a.protocol
 */
export async function readSocks4(reader: ClientReader): Promise<Request> {
  const head = await reader.bytes(7)
  const code = head.readUInt8(0)
  const port = head.readUInt16BE(1)
  const address = head.subarray(3)
  const user = await reader.text(LONGEST)
  // 0.0.0.x, where x isn't 0, stands for a name.
  const isNamed = address.readUInt32BE() < 256 && address.readUInt8(3) !== 0
  const host = isNamed ? await reader.text(LONGEST) : addressOf(address)
  if (host === '') throw new Garbage('it names no host')
  if (code !== 1 && code !== 2) {
    throw refusal('command not supported', `command ${code} is not supported`)
  }
  return {
    command: code === 1 ? 'CONNECT' : 'BIND',
    destination: { host, port },
    user: user === '' ? undefined : user,
    rest: reader.end(),
    accept: (client, where) => client.write(reply(GRANTED, where)),
    refuse,
  }
}

/** What whoever speaks SOCKS 4 is refused with; it has one answer for all reasons. */
export function refusal(reason: Reason, detail: string): Refusal {
  return new Refusal(reason, detail, rejected())
}

function refuse(socket: Socket): void {
  hangUp(socket, rejected())
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
