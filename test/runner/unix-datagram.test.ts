import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as datagrams from '../../packages/runner/dist/unix-datagram.d.ts'
import { root } from '../helpers/paths.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const built = join(root, 'packages', 'runner', 'dist', 'unix-datagram.js')
const { UnixDatagram } = (await import(pathToFileURL(built).href)) as typeof datagrams

/** Reads a datagram, and prints it, for each line that it is given. */
const READER = `
import socket, sys
reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
reader.bind(sys.argv[1])
print("bound", flush=True)
for line in sys.stdin:
    print(reader.recv(100).decode(), flush=True)
`

interface Peer {
  readonly child: ChildProcess
  /** The next datagram that it has got. */
  read(): Promise<string>
}

async function peerAt(t: TestContext, path: string): Promise<Peer> {
  const child = spawn('python3', ['-c', READER, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => (await lines.next()).value as string
  assert.equal(await next(), 'bound')
  const read = (): Promise<string> => {
    child.stdin.write('\n')
    return next()
  }
  return { child, read }
}

test('a peer that can take no more for now is kept, though its path is gone', async (t) => {
  const path = join(tempDir(t), 'socket')
  const peer = await peerAt(t, path)
  const socket = new UnixDatagram(path, 'cannot send')
  socket.connect()
  unlinkSync(path)
  let sent = 0
  assert.throws(
    () => {
      for (; ; sent += 1) socket.send(Buffer.from(`number ${sent}`))
    },
    { code: 'EAGAIN' },
  )
  for (let n = 0; n < sent; n += 1) assert.equal(await peer.read(), `number ${n}`)
  socket.send(Buffer.from('after'))
  assert.equal(await peer.read(), 'after')
  socket.close()
})

test('a peer that has gone and come back is connected to anew', async (t) => {
  const path = join(tempDir(t), 'socket')
  const first = await peerAt(t, path)
  const socket = new UnixDatagram(path, 'cannot send')
  socket.send(Buffer.from('before'))
  assert.equal(await first.read(), 'before')
  const ended = once(first.child, 'close')
  first.child.kill('SIGKILL')
  await ended
  unlinkSync(path)
  assert.throws(() => socket.send(Buffer.from('to nobody')), { code: 'ENOENT' })
  const second = await peerAt(t, path)
  socket.send(Buffer.from('again'))
  assert.equal(await second.read(), 'again')
  socket.close()
})
