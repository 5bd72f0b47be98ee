import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { freePort } from '../../helpers/free-port.ts'
import { FTPTalk } from '../../helpers/ftp-talk.ts'
import { until } from '../../helpers/until.ts'
import type { Half } from './half.ts'
import type { Row } from './row.ts'

/** How runner and twistd are told the same. */
type Words = { readonly [name in 'runner' | 'twistd']: readonly string[] }

export const pluginsAtWork: readonly Row[] = [
  {
    row: 53,
    does: 'portforward passes on what both sides say, and hangs up if nobody listens',
    async observe(half) {
      const heard = async (destination: number): Promise<string> => {
        const port = await freePort()
        const listen = `tcp:${port}:interface=127.0.0.1`
        await serving(half, port, {
          runner: [
            'portforward',
            '--listen',
            listen,
            '--no-retry',
            '--destination',
            local(destination),
          ],
          twistd: ['portforward', '-p', listen, '-h', '127.0.0.1', '-d', String(destination)],
        })
        return await said(port, 'a poem')
      }
      const echo = await echoing()
      const seen = { heard: await heard(echo.port), refused: await heard(await freePort()) }
      echo.close()
      return seen
    },
    same: { heard: 'a poem', refused: '' },
  },
  {
    row: 53,
    does: 'socks connects by version 4, and says so if it cannot',
    async observe(half) {
      const port = await freePort()
      const words = ['socks', '-p', String(port)]
      await serving(half, port, { runner: words, twistd: words })
      const echo = await echoing()
      const ask = async (destination: number): Promise<string[]> => {
        const request = [4, 1, destination >> 8, destination & 255, 127, 0, 0, 1, 0]
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => {})
        socket.write(Buffer.from(request))
        const [reply] = (await once(socket, 'data')) as [Buffer]
        const granted = reply[1] === 90
        if (granted) socket.write('a poem')
        const code = reply.subarray(0, 2).toString('hex')
        return [code, granted ? await untilSaid(socket, 'a poem') : await rest(socket)]
      }
      const seen = { made: await ask(echo.port), refused: await ask(await freePort()) }
      echo.close()
      return seen
    },
    same: { made: ['005a', 'a poem'], refused: ['005b', ''] },
  },
  {
    row: 53,
    does: 'web serves files, parts of them, and says what is not there',
    async observe(half) {
      const port = await freePort()
      withSite(half)
      const words = ['web', '--path', 'site', '--listen', `tcp:${port}:interface=127.0.0.1`]
      await serving(half, port, { runner: words, twistd: words })
      const ask = async (path: string, headers = {}): Promise<unknown[]> => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
        const { status } = response
        const type = response.headers.get('content-type')?.split(';')[0]
        return [status, type, status === 404 ? '' : await response.text()]
      }
      return {
        file: await ask('/poem.txt'),
        part: await ask('/poem.txt', { range: 'bytes=2-3' }),
        none: (await ask('/none.txt'))[0],
      }
    },
    same: {
      file: [200, 'text/plain', 'a poem\n'],
      part: [206, 'text/plain', 'po'],
      none: 404,
    },
  },
  {
    row: 53,
    does: 'ftp lets anybody in, who gets files and stores none',
    async observe(half) {
      const port = await freePort()
      withSite(half)
      const words = ['ftp', '-p', String(port), '-r', 'site']
      await serving(half, port, { runner: words, twistd: words })
      const talk = new FTPTalk(port)
      // Twisted's has no EPSV.
      talk.passive = 'PASV'
      const codes = [await talk.reply()]
      for (const line of ['USER anonymous', 'PASS me@', 'TYPE I']) codes.push(await talk.say(line))
      const { data, replies } = await talk.fetch('RETR poem.txt')
      const stored = await talk.send('STOR new.txt', 'new')
      talk.close()
      // Of replies the first digit is what a client goes by.
      const kinds = (lines: string[]): string => lines.map((line) => line[0]).join(' ')
      return { login: kinds(codes), file: String(data), got: kinds(replies), stored: kinds(stored) }
    },
    same: { login: '2 3 2 2', file: 'a poem\n', got: '1 2', stored: '5' },
  },
  {
    row: 53,
    does: 'inetd starts a program for each connection',
    needsRoot: true,
    async observe(half) {
      const port = await freePort()
      const { username } = userInfo()
      half.write('inetd.conf', `${port} stream tcp nowait ${username} /bin/echo echo a poem\n`)
      const words = ['inetd', '-f', 'inetd.conf']
      await serving(half, port, { runner: words, twistd: words })
      const poem = 'a poem\n'
      return { first: await said(port, '', poem), second: await said(port, '', poem) }
    },
    same: { first: 'a poem\n', second: 'a poem\n' },
  },
  {
    row: 53,
    does: 'dns answers from a hosts file',
    async observe(half) {
      const port = await freePort()
      half.write('hosts', '192.0.2.5 printer printer.lan\n')
      const words = ['dns', '-p', String(port), '--hosts-file', 'hosts']
      await serving(half, port, { runner: words, twistd: words })
      const resolver = new Resolver()
      resolver.setServers([`127.0.0.1:${port}`])
      return { found: await resolver.resolve4('PRINTER.lan') }
    },
    same: { found: ['192.0.2.5'] },
  },
]

/** Starts it, and waits until it accepts connections. */
export async function serving(half: Half, port: number, words: Words): Promise<void> {
  const { name } = half.program
  const own = `--pidfile=${half.path(`${port}.pid`)}`
  const { ended } = half.start(['-n', own, ...words[name]])
  const early = ended.then(({ stdout, stderr }) => {
    throw new Error(`it ended before it served: ${stdout}${stderr}`)
  })
  await Promise.race([early, accepting(port)])
  early.catch(() => {})
}

async function accepting(port: number): Promise<void> {
  await until(`port ${port} to accept`, async () => {
    const socket = connect(port, '127.0.0.1')
    const isThere = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    })
    socket.destroy()
    return isThere || undefined
  })
}

function local(port: number): string {
  return `tcp:127.0.0.1:${port}`
}

function withSite(half: Half): void {
  mkdirSync(half.path('site'), { recursive: true })
  half.write('site/poem.txt', 'a poem\n')
}

/** Says something, and hears as much as is expected, or all until it is hung up on. */
async function said(port: number, text: string, expected: string = text): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(text)
  return await untilSaid(socket, expected)
}

/** Ends the connection itself: twistd takes an end for that of both directions. */
async function untilSaid(socket: Socket, text: string): Promise<string> {
  let length = 0
  socket.on('data', (data: Buffer) => {
    length += data.length
    if (length >= Buffer.byteLength(text)) socket.destroy()
  })
  return await rest(socket)
}

/** What comes until the connection is closed, in order or not. */
async function rest(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return text
}

interface Echo {
  readonly port: number
  close(): void
}

async function echoing(): Promise<Echo> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  return { port, close: () => server.close() }
}
