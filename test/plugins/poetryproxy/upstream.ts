import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { ProxyService } from '@runnerd/poetryproxy'
import { Clock } from '@runnerd/testkit'
import { clientFromString } from 'runnerd'
import { logLines } from '../../internet/log-lines.ts'

/** A poetry server that does what a test says. */
export class Upstream {
  readonly sockets: Socket[] = []
  /** What it does with a connection; at first it sends a poem. */
  serve = (socket: Socket): void => void socket.end(this.poem)
  poem = 'The Ecstasy'
  readonly #server = createServer((socket) => {
    this.sockets.push(socket)
    socket.on('error', () => {})
    this.serve(socket)
  })

  constructor(t: TestContext) {
    t.after(() => this.close())
  }

  /** @param port - as before, to come back */
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** A proxy whose time is the test's, and its upstream. */
export interface Bench {
  readonly upstream: Upstream
  readonly port: number
  readonly proxy: ProxyService
  readonly clock: Clock
  /** What it has logged. */
  readonly lines: readonly string[]
  /** The poem that a client would get. */
  poem(): Promise<string>
}

export async function bench(
  t: TestContext,
  options: ConstructorParameters<typeof ProxyService>[1] = {},
): Promise<Bench> {
  const upstream = new Upstream(t)
  const port = await upstream.listen()
  const clock = new Clock()
  const proxy = new ProxyService(clientFromString(`tcp:127.0.0.1:${port}`), { clock, ...options })
  const { lines, end } = logLines()
  t.after(async () => {
    end()
    await proxy.stopService()
  })
  proxy.startService()
  return { upstream, port, proxy, clock, lines, poem: async () => String(await proxy.getPoem()) }
}

/** Waits until something is so, that comes from outside. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}
