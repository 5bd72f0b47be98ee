import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import type { NameServer } from './name-server.ts'
import { type Keeping, type Reply, readReply, StrayReply } from './reply.ts'

/** Somebody guesses: after so many replies to other questions it goes by TCP. */
const MOST_STRAY = 10

/**
 * Asks a server, from a port of its own that the system chooses, and by TCP where the
 * reply is too long for a datagram.
 *
 * @param query a whole message
 * @param timeout ms, for each of the two
 * @throws Error if no reply comes that makes sense
 */
export async function exchange(
  server: NameServer,
  query: Buffer,
  timeout: number,
  keeping: Keeping,
): Promise<Reply> {
  const reply = await byDatagram(server, query, timeout, keeping)
  if (reply !== undefined && !reply.isTruncated) return reply
  return await byStream(server, query, timeout, keeping)
}

/** @returns `undefined` if too many strangers have answered */
async function byDatagram(
  { address, port }: NameServer,
  query: Buffer,
  timeout: number,
  keeping: Keeping,
): Promise<Reply | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise((resolve, reject) => {
      let stray = 0
      timer = setTimeout(() => reject(new Error('it has not answered')), timeout)
      socket.on('error', reject)
      socket.on('message', (message) => {
        try {
          resolve(readReply(message, query, keeping))
        } catch (error) {
          stray += 1
          if (!(error instanceof StrayReply)) reject(error)
          else if (stray >= MOST_STRAY) resolve(undefined)
        }
      })
      // Connected, it hears nobody else.
      socket.connect(port, address)
      socket.on('connect', () => socket.send(query))
    })
  } finally {
    clearTimeout(timer)
    socket.removeAllListeners('message').on('error', () => {})
    socket.close()
  }
}

async function byStream(
  { address, port }: NameServer,
  query: Buffer,
  timeout: number,
  keeping: Keeping,
): Promise<Reply> {
  const socket = connect({ port, host: address, noDelay: true })
  const timer = setTimeout(() => socket.destroy(new Error('it has not answered')), timeout)
  try {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(query.length)
    socket.write(Buffer.concat([length, query]))
    let read = Buffer.alloc(0)
    for await (const chunk of socket) {
      read = Buffer.concat([read, chunk as Buffer])
      if (read.length < 2 || read.length < 2 + read.readUInt16BE(0)) continue
      return readReply(read.subarray(2, 2 + read.readUInt16BE(0)), query, keeping)
    }
    throw new Error('it has hung up')
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}
