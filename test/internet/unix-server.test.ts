import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Protocol, ServerFactory, UNIXServer, type UNIXServerOptions } from '@runnerd/internet'
import { MultiService, Service } from '@runnerd/service'
import { tempDir } from '../helpers/temp-dir.ts'
import { readAll } from './client.ts'
import { logLines } from './log-lines.ts'

const greet = (socket: net.Socket): void => void socket.end('hello')

function made(t: TestContext, path: string, options: UNIXServerOptions = {}): UNIXServer {
  const server = new UNIXServer(path, greet, options)
  t.after(() => server.stopService())
  return server
}

async function fetchAt(path: string): Promise<string> {
  const socket = net.connect(path)
  await once(socket, 'connect')
  return String(await readAll(socket))
}

/** Listens there under another name, and accepts nobody: its one place is taken. */
const BUSY = `
import os, socket, sys
os.chdir(os.path.dirname(sys.argv[1]))
server = socket.socket(socket.AF_UNIX)
server.bind(os.path.basename(sys.argv[1]))
server.listen(0)
waiting = socket.socket(socket.AF_UNIX)
waiting.connect(sys.argv[1])
print('busy', flush=True)
sys.stdin.read()
`

/** Leaves a socket there as a process does that is killed. */
function abandonSocket(path: string): void {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', program])
  assert.ok(statSync(path).isSocket())
}

describe('UNIXServer', () => {
  it('UNIXServer refuses connections until the whole tree has started', async (t) => {
    const path = join(tempDir(t), 's')
    const top = new MultiService()
    made(t, path).setServiceParent(top)
    let seen: Promise<unknown> | undefined
    const last = new Service()
    last.startService = () => {
      seen = assert.rejects(fetchAt(path), { code: 'ECONNREFUSED' })
      return seen as Promise<void>
    }
    last.setServiceParent(top)
    await top.privilegedStartService()
    await top.startService()
    assert.ok(seen)
    assert.equal(await fetchAt(path), 'hello')
    await top.stopService()
    assert.ok(!existsSync(path))
  })

  it('UNIXServer gives protocols the address of a UNIX socket', async (t) => {
    const path = join(tempDir(t), 's')
    class Tells extends Protocol {
      override connectionMade(): void {
        this.transport.write(`${this.transport.getPeer()} ${this.transport.getHost()}`)
        this.transport.loseConnection()
      }
    }
    class Factory extends ServerFactory {
      override protocol = Tells
    }
    const server = new UNIXServer(path, new Factory())
    t.after(() => server.stopService())
    await server.startService()
    assert.equal(await fetchAt(path), `UNIXAddress('') UNIXAddress('${path}')`)
    assert.equal(String(server.address()), `UNIXAddress('${path}')`)
    assert.deepEqual(
      server.describe().listeners?.map(({ kind, address }) => [kind, address]),
      [['unix', path]],
    )
  })

  it('UNIXServer logs its start and end in the words of Twisted', async (t) => {
    const path = join(tempDir(t), 's')
    const { lines, end } = logLines()
    t.after(end)
    const server = made(t, path)
    await server.startService()
    await server.stopService()
    assert.deepEqual(lines, [
      `[-] greet starting on '${path}'`,
      '[-] Starting factory <greet>',
      `[-] (UNIX Port '${path}' Closed)`,
      '[-] Stopping factory <greet>',
    ])
  })

  it('UNIXServer serves nc -U', async (t) => {
    const path = join(tempDir(t), 's')
    if (spawnSync('nc', ['-h']).error) return t.skip('needs nc')
    await made(t, path).startService()
    const { spawn } = await import('node:child_process')
    const nc = spawn('nc', ['-U', path], { stdio: ['ignore', 'pipe', 'inherit'] })
    assert.equal(String(await readAll(nc.stdout as never)), 'hello')
  })

  for (const [options, mode] of [
    [{}, 0o666],
    [{ mode: 0o600 }, 0o600],
  ] as const) {
    it(`UNIXServer gives the socket the mode ${mode.toString(8)}, whatever the umask`, async (t) => {
      const path = join(tempDir(t), 's')
      const before = process.umask(0o077)
      try {
        await made(t, path, options).startService()
      } finally {
        process.umask(before)
      }
      assert.equal(statSync(path).mode & 0o777, mode)
    })
  }

  // Node's realpathSync gives up on a link when what was looked at last was a socket.
  it('UNIXServer leaves Node able to import a package that is a link, as those of pnpm are', async (t) => {
    const dir = tempDir(t)
    const store = join(dir, 'store', 'node_modules')
    for (const [name, text] of [
      ['outer', "export { poem } from 'inner'"],
      ['inner', "export const poem = 'The Ecstasy'"],
    ] as const) {
      mkdirSync(join(store, name), { recursive: true })
      const manifest = { name, type: 'module', exports: './index.js' }
      writeFileSync(join(store, name, 'package.json'), JSON.stringify(manifest))
      writeFileSync(join(store, name, 'index.js'), text)
    }
    mkdirSync(join(dir, 'node_modules'))
    symlinkSync(join(store, 'outer'), join(dir, 'node_modules', 'outer'))
    // Node has been there before.
    writeFileSync(join(dir, 'first.mjs'), '')
    await import(pathToFileURL(join(dir, 'first.mjs')).href)
    const path = join(dir, 's')
    abandonSocket(path)
    await made(t, path).startService()
    const outer = pathToFileURL(join(dir, 'node_modules', 'outer', 'index.js')).href
    assert.equal((await import(outer)).poem, 'The Ecstasy')
  })

  it('UNIXServer replaces a socket that nobody has any more, and its drafts', async (t) => {
    const dir = tempDir(t)
    const path = join(dir, 's')
    abandonSocket(path)
    abandonSocket(`${path}.1.tmp`)
    await made(t, path).startService()
    assert.equal(await fetchAt(path), 'hello')
    assert.deepEqual(readdirSync(dir), ['s'])
  })

  it('UNIXServer leaves a socket that somebody listens on, and fails', async (t) => {
    const path = join(tempDir(t), 's')
    const first = made(t, path)
    await first.startService()
    await assert.rejects(made(t, path).startService() as Promise<void>, {
      code: 'ERR_CANNOT_LISTEN',
      message: `cannot listen on ${path}: address already in use`,
    })
    assert.equal(await fetchAt(path), 'hello')
  })

  it('UNIXServer leaves a socket that is bound and not listened on yet', async (t) => {
    const path = join(tempDir(t), 's')
    const first = made(t, path)
    await first.privilegedStartService()
    await assert.rejects(made(t, path).startService() as Promise<void>, {
      code: 'ERR_CANNOT_LISTEN',
    })
    await first.startService()
    assert.equal(await fetchAt(path), 'hello')
  })

  it('UNIXServer leaves what is no socket, and fails', async (t) => {
    const path = join(tempDir(t), 's')
    writeFileSync(path, 'precious')
    await assert.rejects(made(t, path).startService() as Promise<void>, {
      message: `cannot listen on ${path}: something else has its name`,
    })
    assert.equal(statSync(path).size, 8)
  })

  for (const [what, name, reason] of [
    ['a missing directory', 'none/s', 'no such directory'],
    ['a path that is too long', 'x'.repeat(120), 'the path is too long for a socket'],
  ] as const) {
    it(`UNIXServer says what is wrong with ${what}`, async (t) => {
      const path = join(tempDir(t), name)
      await assert.rejects(made(t, path).startService() as Promise<void>, {
        message: `cannot listen on ${path}: ${reason}`,
      })
    })
  }

  it('UNIXServer removes the path only while it is its own', async (t) => {
    const dir = tempDir(t)
    const path = join(dir, 's')
    const first = made(t, path)
    await first.startService()
    renameSync(path, join(dir, 'moved'))
    await made(t, path).startService()
    await first.stopService()
    assert.equal(await fetchAt(path), 'hello')
  })

  it('UNIXServer gives the path back when a start fails after it was bound', async (t) => {
    const path = join(tempDir(t), 's')
    class Refuses extends ServerFactory {
      override startFactory(): void {
        throw new Error('not today')
      }
    }
    const server = new UNIXServer(path, new Refuses())
    await assert.rejects(server.startService() as Promise<void>, { message: 'not today' })
    assert.ok(!existsSync(path))
    const other = made(t, path)
    await other.privilegedStartService()
    await other.undoStart()
    assert.ok(!existsSync(path))
  })

  it('UNIXServer refuses what is no path and nothing to serve with', () => {
    assert.throws(() => new UNIXServer('', greet), TypeError)
    assert.throws(() => new UNIXServer(7 as never, greet), TypeError)
    assert.throws(() => new UNIXServer('s', {} as never), TypeError)
  })

  it('UNIXServer takes an abstract name on Linux', {
    skip: process.platform !== 'linux',
  }, async (t) => {
    const name = `\0runner-test-${process.pid}`
    await made(t, name).startService()
    assert.equal(await fetchAt(name), 'hello')
    assert.match(execFileSync('cat', ['/proc/net/unix'], { encoding: 'utf8' }), /@runner-test-/)
  })

  it('UNIXServer leaves a socket alone whose process is too busy to answer', async (t) => {
    if (spawnSync('python3', ['-c', '']).status !== 0) return t.skip('python3 is not installed')
    const path = join(tempDir(t), 's')
    const busy = spawn('python3', ['-c', BUSY, path])
    t.after(() => busy.kill('SIGKILL'))
    await once(busy.stdout, 'data')
    const { ino } = statSync(path)
    await assert.rejects(async () => made(t, path).startService(), {
      code: 'ERR_CANNOT_LISTEN',
      message: `cannot listen on ${path}: address already in use`,
    })
    assert.equal(statSync(path).ino, ino)
  })
})
