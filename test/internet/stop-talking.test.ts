import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import {
  HTTPServer,
  Protocol,
  ServerFactory,
  type StreamServerEndpointService,
  strports,
  TCPServer,
  type UpgradeListener,
} from '@runnerd/internet'
import { hasCommand } from '../helpers/has-command.ts'
import { pemFiles } from '../helpers/pem-files.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** The system takes as much at once, and has not sent it yet. */
const POEM = Buffer.alloc(3_000_000, 'x')

const skip = hasCommand('ncat') ? false : 'there is no ncat'
const patient = { interface: 'localhost', closeTimeout: 60 }

class Sends extends Protocol {
  override connectionMade(): void {
    this.transport.write(POEM)
  }

  override dataReceived(data: Buffer): void {
    this.transport.write(data.subarray(0, 1))
  }
}

function factory(): ServerFactory {
  return Object.assign(new ServerFactory(), { protocol: Sends })
}

/** Talks until it is ended; what it hears waits to be read. */
function talker(t: TestContext, port: number, head: string, ...options: string[]): ChildProcess {
  const script = '(printf "$1"; yes) | ncat "$2" "$3" 127.0.0.1 "$4"'
  const args = ['-c', script, 'sh', head, options[0] ?? '-4', options[1] ?? '-4', String(port)]
  const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  t.after(() => end(child))
  return child
}

function end({ pid, exitCode }: ChildProcess): void {
  if (exitCode === null) process.kill(-(pid as number), 'SIGKILL')
}

/** How much of the poem it hears, until it has all or is cut. */
async function heard(child: ChildProcess): Promise<number> {
  let count = 0
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    for (const byte of chunk) if (byte === POEM[0]) count += 1
    if (count === POEM.length) end(child)
  }
  return count
}

const served: readonly [
  what: string,
  make: (t: TestContext) => StreamServerEndpointService,
  options?: readonly string[],
  head?: string,
][] = [
  [
    'a function that reads nothing',
    () => new TCPServer(0, (socket) => socket.write(POEM), patient),
  ],
  [
    'a function that sends all back',
    () =>
      new TCPServer(
        0,
        (socket) => {
          socket.write(POEM)
          socket.pipe(socket)
        },
        patient,
      ),
  ],
  [
    'a function that waits for more',
    () =>
      new TCPServer(
        0,
        async (socket) => {
          socket.write(POEM)
          for await (const chunk of socket) socket.write(chunk)
        },
        patient,
      ),
  ],
  ['a factory', () => new TCPServer(0, factory(), patient)],
  [
    'a factory with TLS',
    (t) => {
      const { key, cert } = pemFiles(tempDir(t))
      const endpoint = `ssl:0:privateKey=${key}:certKey=${cert}:interface=127.0.0.1`
      return strports.service(endpoint, factory(), patient) as StreamServerEndpointService
    },
    ['--ssl'],
  ],
  [
    'a protocol that HTTP was left for',
    () => {
      const upgrade: UpgradeListener = (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: poem\r\n\r\n')
        socket.write(POEM)
      }
      return new HTTPServer(0, (_request, response) => response.end(), { ...patient, upgrade })
    },
    [],
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: poem\r\n\r\n',
  ],
  [
    'an HTTPServer that has answered early',
    () => new HTTPServer(0, (_request, response) => response.end(POEM), patient),
    [],
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n',
  ],
]

describe('a stop, with a client of ncat that talks all the time', { skip }, () => {
  for (const [what, make, options = [], head = ''] of served) {
    it(`loses nothing that ${what} has written`, async (t) => {
      const server = make(t)
      await server.startService()
      t.after(() => server.stopService())
      const client = talker(t, server.address()?.port as number, head, ...options)
      await once(client.stdout as NodeJS.ReadableStream, 'readable')
      const stopped = server.stopService()
      assert.equal(await heard(client), POEM.length)
      await stopped
    })
  }
})

describe('a stop', () => {
  interface Held {
    readonly server: TCPServer
    readonly client: Socket
    readonly socket: Socket
  }

  /** A client that says hello, reads, and closes nothing itself. */
  async function hold(t: TestContext, closeTimeout: number): Promise<Held> {
    const listen = { interface: 'localhost', closeTimeout }
    let accepted: (socket: Socket) => void = () => {}
    const server = new TCPServer(0, (socket) => accepted(socket.resume()), listen)
    await server.startService()
    const port = server.address()?.port as number
    const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    t.after(() => client.destroy())
    client.on('error', () => {}).resume()
    client.write('hello')
    const socket = await new Promise<Socket>((resolve) => {
      accepted = resolve
    })
    return { server, client, socket }
  }

  it('waits no longer than closeTimeout for a client that talks without end', async (t) => {
    const { server, client, socket } = await hold(t, 0.5)
    const talk = setInterval(() => client.write('more'), 5)
    t.after(() => clearInterval(talk))
    await server.stopService()
    assert.equal(socket.readableEnded, false)
  })

  it('takes no time in which this process is busy for a silence of the client', async (t) => {
    const { server, client, socket } = await hold(t, 3600)
    t.mock.timers.enable({ apis: ['setInterval'] })
    const finished = once(socket, 'finish')
    const stopped = server.stopService()
    await finished
    /** Has it be time to look, and says whether it is open when what has come was read. */
    const isOpen = (text: string): Promise<boolean> =>
      new Promise((resolve) => {
        // A timer comes before what is there to be read.
        setTimeout(() => {
          client.write(text)
          t.mock.timers.tick(100)
          setImmediate(() => resolve(!socket.destroyed))
        })
      })
    for (const text of ['more', 'and more']) assert.ok(await isOpen(text))
    assert.ok(!(await isOpen('')))
    await stopped
  })

  it('waits but a moment for a client that has said something and stays', async (t) => {
    const { server, socket } = await hold(t, 3600)
    await server.stopService()
    assert.equal(socket.readableEnded, false)
  })

  it('is heard of as a closed connection, and not as the end of what a client says', async (t) => {
    const { server, client, socket } = await hold(t, 3600)
    const heard: string[] = []
    for (const event of ['data', 'end', 'close']) socket.on(event, () => heard.push(event))
    client.on('end', () => client.end('and more'))
    await server.stopService()
    assert.equal(heard.at(-1), 'close')
    assert.ok(!heard.includes('end'))
  })

  it('drops what is written too late, and tells whoever asks', async (t) => {
    const { server, client, socket } = await hold(t, 3600)
    const ended = once(client, 'end')
    const stopped = server.stopService()
    await ended
    const error = await new Promise((resolve) => socket.write('late', resolve))
    assert.match(String(error), /being closed/)
    await stopped
    assert.equal(socket.errored, null)
  })
})
