import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { reload } from '../helpers/reloadable.ts'
import { daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

/** A plugin that keeps a connection, and serves what comes on it. */
function writePlugin(cwd: string): void {
  mkdirSync(join(cwd, 'plugins'))
  writeFileSync(
    join(cwd, 'plugins', 'relay.js'),
    `import {
      backoffPolicy, ClientFactory, ClientService, clientFromString, defineServiceMaker,
      MultiService, Protocol, TCPServer,
    } from 'runnerd'
    class Upstream extends Protocol {
      connectionMade() {
        const { transport } = this
        transport.write('hello from ' + process.pid + '\\n')
        transport.draining.addEventListener('abort', () => transport.write('farewell\\n'))
      }
    }
    class UpstreamFactory extends ClientFactory {
      protocol = Upstream
    }
    export const relay = defineServiceMaker({
      tapname: 'relay',
      description: 'Keeps a connection.',
      options: {
        port: { type: 'number', default: 0 },
        upstream: { type: 'string', endpoint: 'client', demandOption: true },
        needed: { type: 'boolean', default: false },
      },
      makeService({ port, upstream, needed }) {
        const top = new MultiService()
        const retryPolicy = backoffPolicy({ initialDelay: 0.05, maxDelay: 0.1, jitter: () => 0 })
        const endpoint = clientFromString(upstream)
        const client = new ClientService(endpoint, new UpstreamFactory(), { retryPolicy })
        client.setServiceParent(top)
        if (needed) top.startService = async () => {
          await MultiService.prototype.startService.call(top)
          await client.whenConnected(1)
        }
        const serve = async (socket) => {
          await client.whenConnected()
          socket.end('connected')
        }
        new TCPServer(port, serve, { interface: 'localhost' }).setServiceParent(top)
        return top
      },
    })
    `,
  )
}

/** The other end: the text of each connection, and whether it is open. */
class Peer {
  readonly texts: string[] = []
  readonly sockets: Socket[] = []
  /** Of each connection, what the others had said when it was made. */
  readonly before: string[] = []
  readonly #changed = new EventEmitter()
  readonly #server = createServer((socket) => {
    this.before.push(this.texts.join(''))
    const at = this.sockets.push(socket) - 1
    this.texts.push('')
    socket.on('error', () => {})
    socket.on('data', (data) => {
      this.texts[at] = `${this.texts[at]}${data}`
      this.#changed.emit('line')
    })
  })

  constructor(t: TestContext) {
    t.after(() => {
      for (const socket of this.sockets) socket.destroy()
      this.#server.close()
    })
  }

  async listen(port: number): Promise<number> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Waits for a line of one of its connections. */
  async line(nth: number, pattern: RegExp): Promise<void> {
    const signal = AbortSignal.timeout(120_000)
    while (!pattern.test(this.texts[nth] ?? '')) await once(this.#changed, 'line', { signal })
  }
}

test('a daemon starts without its upstream, connects when that is there, and says how it is', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const port = await freePort()
  const upstream = `tcp:127.0.0.1:${port}`
  const { log, stop } = await daemon(t, ['relay', '--upstream', upstream], { cwd })
  await waitFor('a retry', () => (/Scheduling retry 2 to connect/.test(log()) ? true : undefined))
  const waiting = await runner(['--pidfile', 'runner.pid', 'status'], { cwd })
  assert.match(waiting.stdout, new RegExp(`endpoint: ${upstream}\n +state: (waiting|connecting)`))
  const peer = new Peer(t)
  await peer.listen(port)
  await peer.line(0, /^hello/)
  const { stdout } = await runner(['--pidfile', 'runner.pid', 'status'], { cwd })
  assert.match(stdout, /state: connected/)
  await stop()
  await peer.line(0, /^hello from \d+\nfarewell\n$/)
  const lines = log()
    .split('\n')
    .map((line) => line.replace(/^\S+ /, ''))
  const refused = `[ClientService] cannot connect to ${upstream}: connection refused`
  assert.ok(lines.includes(refused))
  const retry = `[ClientService] Scheduling retry 1 to connect ${upstream} in 0.075 seconds.`
  assert.ok(lines.includes(retry))
  assert.ok(lines.includes(`[ClientService] Connected to ${upstream}.`))
})

test('a reload makes the new connection before the old one is closed', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const peer = new Peer(t)
  const upstream = `tcp:127.0.0.1:${await peer.listen(0)}`
  const { pid } = await daemon(t, ['relay', '--upstream', upstream], { cwd })
  await peer.line(0, new RegExp(`^hello from ${pid}\n$`))
  const { pid: next } = await reload(cwd)
  await peer.line(1, new RegExp(`^hello from ${next}\n$`))
  await peer.line(0, new RegExp(`^hello from ${pid}\nfarewell\n$`))
  assert.equal(peer.sockets.length, 2)
  // What is said on two connections is heard in any order; one is made after what was said before.
  assert.equal(peer.before[1], `hello from ${pid}\n`)
})

test('a start that needs its upstream fails with 69 and the reason when it is not there', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const upstream = `tcp:127.0.0.1:${await freePort()}`
  const ended = await runner(['relay', '--needed', '--upstream', upstream], { cwd })
  assert.equal(ended.status, 69)
  const line = `runner: cannot connect to ${upstream}: connection refused\n`
  assert.ok(ended.stderr.startsWith(line), ended.stderr)
})

test('a stop ends the waiting for a connection that does not come', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const upstream = `tcp:127.0.0.1:${await freePort()}`
  const running = foreground(t, ['relay', '--upstream', upstream], { cwd })
  await running.line(/Scheduling retry 1/)
  running.child.kill('SIGTERM')
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGTERM')
  assert.match(stdout, /Stopping factory <UpstreamFactory>\n.*Main loop terminated\./)
})
