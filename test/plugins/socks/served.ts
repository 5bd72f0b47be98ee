import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { socks } from '@runnerd/socks'
import { type StartedService, startService } from '@runnerd/testkit'
import { inTime } from './in-time.ts'

/** A proxy in this process, and its port. */
export async function proxy(
  t: TestContext,
  ...words: string[]
): Promise<{ port: number; started: StartedService }> {
  const where = words.includes('--listen') ? [] : ['--port', '0']
  const started = await startService(socks, [...where, ...words])
  t.after(() => started.stop())
  const line = started.line.bind(started)
  started.line = (pattern) => inTime(() => `a line like ${pattern}`, line(pattern))
  return { port: started.address().port, started }
}

/** A server on a port of its own. */
export async function destination(
  t: TestContext,
  serve: (socket: Socket) => void,
  host = '127.0.0.1',
): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    t.after(() => socket.destroy())
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Says what it hears. */
export function echo(socket: Socket): void {
  socket.pipe(socket)
}
