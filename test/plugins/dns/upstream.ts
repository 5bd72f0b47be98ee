import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import packet, { type DecodedPacket, type Packet } from 'dns-packet'
import { freePort } from '../../helpers/free-port.ts'
import { framed, messagesIn } from './ask.ts'

/** A question that a server was asked, and how. */
export interface Asked {
  readonly message: DecodedPacket
  readonly bytes: Buffer
  readonly from: RemoteInfo
  readonly isStream: boolean
}

/** What it answers: a message, or bytes as they are; nothing for `undefined`. */
export type Answering = (asked: Asked) => Packet | Buffer | undefined

/** Another server, that does what a test wants. */
export interface Upstream {
  readonly port: number
  readonly asked: Asked[]
  /** Sends something to whoever asked. */
  send(bytes: Uint8Array, to: RemoteInfo): void
  stop(): void
}

/** Starts a server for others to be forwarded to. */
export async function upstream(
  t: TestContext,
  answering: Answering,
  at?: number,
): Promise<Upstream> {
  const port = at ?? (await freePort())
  const asked: Asked[] = []
  const answer = (bytes: Buffer, from: RemoteInfo, isStream: boolean): Buffer | undefined => {
    const each = { message: packet.decode(bytes), bytes, from, isStream }
    asked.push(each)
    const response = answering(each)
    return response === undefined || Buffer.isBuffer(response) ? response : packet.encode(response)
  }
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => {
    const response = answer(bytes, from, false)
    if (response !== undefined) socket.send(response, from.port, from.address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  const streams = createServer((client) => {
    client.on('error', () => {})
    client.on('data', (bytes) => {
      const from = { address: '', port: client.remotePort ?? 0, family: 'IPv4', size: 0 } as const
      for (const message of messagesIn(bytes)) {
        const response = answer(message, from, true)
        if (response !== undefined) client.write(framed(response))
      }
    })
  })
  streams.listen(port, '127.0.0.1')
  await once(streams, 'listening')
  let isOpen = true
  const stop = (): void => {
    if (!isOpen) return
    isOpen = false
    socket.close()
    streams.close()
  }
  t.after(stop)
  return { port, asked, stop, send: (bytes, to) => socket.send(bytes, to.port, to.address) }
}

/** An answer to what was asked: its header and its question again, and more. */
export function answerTo({ message }: Asked, more: Packet): Packet {
  const { id, questions } = message
  return { type: 'response', id: id as number, questions: questions as never, ...more }
}

/** An address of the name that was asked for. */
export function address(asked: Asked, data: string, ttl: number): Packet {
  const name = asked.message.questions?.[0]?.name as string
  return answerTo(asked, { answers: [{ type: 'A', name, ttl, data }] })
}
