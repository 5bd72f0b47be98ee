import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fixtures } from '../helpers/paths.ts'
import { reload } from '../helpers/reloadable.ts'
import { daemon, foreground, gone, runner, send } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { withoutKoffi } from '../helpers/without-koffi.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'datagrams') }

/** Sends each line as a datagram, from a path of its own, and prints the answer. */
const CLIENT = `
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
client.bind(sys.argv[2])
for line in sys.stdin:
    client.sendto(line[:-1].encode(), sys.argv[1])
    print(client.recv(100).decode(), flush=True)
`

/** Sends many from a socket without a path. */
const FLOOD = `
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
path = sys.argv[1]
if path[0] == "@": path = "\\0" + path[1:]
for number in range(int(sys.argv[2])):
    client.sendto(b"number %d" % number, path)
`

const notRoot = process.getuid?.() === 0 ? false : 'only root may change the root'
const notLinux = process.platform === 'linux' ? false : 'only Linux has abstract names'

function socketsIn(dir: string): string[] {
  return readdirSync(dir).filter((name) => lstatSync(join(dir, name)).isSocket())
}

interface Client {
  readonly pid: number
  ask(text: string): Promise<string>
}

function clientOf(t: TestContext, path: string): Client {
  const args = ['-c', CLIENT, path, join(tempDir(t), 'client')]
  const child = spawn('python3', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    pid: child.pid as number,
    async ask(text) {
      child.stdin.write(`${text}\n`)
      return (await lines.next()).value as string
    },
  }
}

test('a daemon gets the datagrams of a UNIX socket, knows who sent them, and answers', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'pid.sock')
  const { pid, log, stop } = await daemon(t, ['datagrams'], { cwd, env })
  assert.equal(statSync(path).mode & 0o777, 0o620)
  const client = clientOf(t, path)
  for (const text of ['hello', '', 'throw', 'x'.repeat(9000)]) {
    assert.equal(await client.ask(text), String(pid))
  }
  const status = await runner(['status', '--pidfile', 'runner.pid', '--json'], { cwd, env })
  assert.match(status.stdout, /"kind": ?"unix datagram"/)
  const got = [...log().matchAll(/\[Echo\] (\d+) bytes of (\d+): /g)].map((each) => each.slice(1))
  const of = String(client.pid)
  assert.deepEqual(got, [
    ['5', of],
    ['0', of],
    ['5', of],
    ['8192', of],
  ])
  assert.match(log(), /Error: thrown by an event/)
  await stop()
  assert.ok(!existsSync(path))
  assert.match(log(), /\(UNIX Port '.*pid\.sock' Closed\)/)
})

test('thousands of datagrams of a UNIX socket come in order, and none is lost', async (t) => {
  const cwd = tempDir(t)
  const running = foreground(t, ['datagrams', '--path', 'flood.sock'], { cwd, env })
  await running.line(/Starting protocol <Echo>/)
  const flood = spawn('python3', ['-c', FLOOD, join(cwd, 'flood.sock'), '5000'])
  await once(flood, 'close')
  await running.line(/: number 4999\n/)
  const numbers = [...running.stdout().matchAll(/: number (\d+)\n/g)].map(([, n]) => Number(n))
  assert.deepEqual(
    numbers,
    Array.from({ length: 5000 }, (_, at) => at),
  )
})

test('a UNIX socket for datagrams that kill -9 has left is replaced, one in use is not', async (t) => {
  const cwd = tempDir(t)
  const killed = await daemon(t, ['datagrams'], { cwd, env })
  await killed.stop('SIGKILL')
  const { pid } = await daemon(t, ['datagrams'], { cwd, env })
  const own = ['--pidfile', 'other.pid', '--logfile', 'other.log']
  const { status, stderr } = await runner([...own, 'datagrams'], { cwd, env })
  assert.equal(status, 69)
  const path = join(cwd, 'pid.sock')
  assert.equal(stderr.split('\n')[0], `runner: cannot listen on ${path}: address already in use`)
  assert.equal(await clientOf(t, path).ask('who?'), String(pid))
  assert.deepEqual(socketsIn(cwd), ['pid.sock', 'runner.sock'])
})

test('a reload puts the new UNIX socket for datagrams in the place of the old one', async (t) => {
  const cwd = tempDir(t)
  const path = join(cwd, 'pid.sock')
  const fails = { ...env, DATAGRAMS_FAIL: join(cwd, 'fail') }
  const { pid, pidfile } = await daemon(t, ['datagrams'], { cwd, env: fails })
  const client = clientOf(t, path)
  writeFileSync(join(cwd, 'fail'), '')
  assert.match((await reload(cwd)).line ?? '', /as it was told to/)
  assert.equal(await client.ask('who?'), String(pid))
  rmSync(join(cwd, 'fail'))
  let isOver = false
  const over = reload(cwd).finally(async () => {
    await gone(pid)
    isOver = true
  })
  const answers = new Set<string>()
  while (!isOver) answers.add(await client.ask('who?'))
  await over
  const next = readFileSync(pidfile, 'utf8')
  t.after(() => send(Number(next), 'SIGKILL'))
  assert.deepEqual([...answers, await client.ask('who?')].slice(-1), [next])
  assert.deepEqual([...answers].sort(), [String(pid), next].sort())
  assert.deepEqual(socketsIn(cwd), ['pid.sock', 'runner.sock'])
  send(Number(next), 'SIGTERM')
  await gone(Number(next))
  assert.deepEqual(socketsIn(cwd), [])
})

test('of several workers one has the UNIX socket for datagrams', async (t) => {
  const cwd = tempDir(t)
  const { stop } = await daemon(t, ['--workers', '4', 'datagrams'], { cwd, env })
  const client = clientOf(t, join(cwd, 'pid.sock'))
  assert.equal(await client.ask('who?'), await client.ask('and now?'))
  assert.deepEqual(socketsIn(cwd), ['pid.sock', 'runner.sock'])
  await stop()
  assert.deepEqual(socketsIn(cwd), [])
})

test('an abstract name is a UNIX socket for datagrams too', { skip: notLinux }, async (t) => {
  const cwd = tempDir(t)
  const name = `\0${cwd}/name`
  const text = `import { Application, log, UNIXDatagramServer } from 'runnerd'
export const application = new Application('abstract')
const server = new UNIXDatagramServer(${JSON.stringify(name)}, function got(data) {
  log.msg(String(data))
})
server.setServiceParent(application)
`
  writeFileSync(join(cwd, 'abstract.tac.mjs'), text)
  const running = foreground(t, ['-y', 'abstract.tac.mjs'], { cwd, env })
  await running.line(/Starting protocol <got>/)
  await once(spawn('python3', ['-c', FLOOD, `@${cwd}/name`, '1']), 'close')
  await running.line(/\[got\] number 0\n/)
})

test('a UNIX socket for datagrams may be in another root', { skip: notRoot }, async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'jail'))
  const running = foreground(t, ['--chroot', 'jail', '--pidfile=', 'datagrams'], { cwd, env })
  await running.line(/Starting protocol <Echo>/)
  await once(spawn('python3', ['-c', FLOOD, join(cwd, 'jail', 'pid.sock'), '1']), 'close')
  await running.line(/: number 0\n/)
})

test('without koffi a UNIX socket for datagrams is one line and status 69', async (t) => {
  const cwd = tempDir(t)
  // Beside this repository's own runner it would take that one's.
  cpSync(join(fixtures, 'datagrams'), join(cwd, 'plugins'), { recursive: true })
  const { status, stderr } = await runner(['-n', 'datagrams'], { cwd, command: withoutKoffi(t) })
  assert.equal(status, 69)
  assert.match(stderr, /^runner: cannot listen on .*pid\.sock: koffi is not installed\n/)
})
