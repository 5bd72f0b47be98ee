import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** No more connect at a time than the queue of listen(2) takes. */
const AT_A_TIME = 100

/** Connects a number of clients, which stay until the test is over. */
export async function crowd(t: TestContext, port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  while (sockets.length < count) {
    const more = Array.from({ length: Math.min(AT_A_TIME, count - sockets.length) }, () =>
      connect({ port, host: '127.0.0.1' }),
    )
    sockets.push(...more)
    await Promise.all(more.map((socket) => once(socket, 'connect')))
  }
  return sockets
}

/** What a client is sent until it is hung up on. */
export async function poemOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
