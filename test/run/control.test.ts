import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import type { Complaint } from '../../packages/runner/dist/complaint.d.ts'
import type { RunStatus } from '../../packages/runner/dist/control/run-status.d.ts'
import { ask } from '../helpers/control.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { fixtures } from '../helpers/paths.ts'
import { writePlugin } from '../helpers/reloadable.ts'
import { type Daemon, daemon, foreground, gone, isAlive, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { until } from '../helpers/until.ts'
import { waitFor } from '../helpers/wait-for.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }
const hasCurl = spawnSync('curl', ['--version']).error === undefined
interface Heap {
  snapshot: { node_count: number }
  strings: string[]
}

interface Profile {
  nodes: unknown[]
  startTime: number
  endTime: number
}

async function started(
  t: TestContext,
  ...args: string[]
): Promise<Daemon & { cwd: string; socket: string }> {
  const cwd = tempDir(t)
  const running = await daemon(t, args.length > 0 ? args : ['probe'], { cwd, env })
  return { ...running, cwd, socket: join(cwd, 'runner.sock') }
}

test('the control socket is beside the pid file, of mode 0600, and goes with the process', async (t) => {
  for (const end of ['SIGTERM', 'SIGIO', 'stop', 'again'] as const) {
    const args = end === 'again' ? ['probe', '--hang', 'stop:b'] : ['probe']
    const { pid, socket, cwd, stop, log } = await started(t, ...args)
    assert.equal(statSync(socket).mode & 0o7777, 0o600)
    assert.ok(statSync(socket).isSocket())
    if (end === 'stop') await ask(socket, 'POST', '/stop')
    else process.kill(pid, end === 'again' ? 'SIGTERM' : end)
    if (end === 'again') {
      await waitFor(socket, () => (log().includes('Received SIGTERM') ? true : undefined))
      process.kill(pid, 'SIGTERM')
    }
    await gone(pid)
    await stop()
    assert.deepEqual(readdirSync(cwd).sort(), ['runner.log'], end)
  }
})

test('a pid file of any name has a socket of its own; without a pid file there is none', async (t) => {
  const cwd = tempDir(t)
  const first = foreground(t, ['--pidfile', 'one', 'probe'], { cwd, env })
  await first.line(/all up/)
  assert.ok(statSync(join(cwd, 'one.sock')).isSocket())
  const second = foreground(t, ['--pidfile=', 'probe'], { cwd, env })
  await second.line(/all up/)
  assert.deepEqual(readdirSync(cwd).sort(), ['one', 'one.sock'])
  first.child.kill()
  second.child.kill()
  await Promise.all([first.ended, second.ended])
  assert.deepEqual(readdirSync(cwd), [])
})

test('a failed start leaves no socket', async (t) => {
  const cwd = tempDir(t)
  const { status } = await runner(['probe', '--fail', 'start:c'], { cwd, env })
  assert.equal(status, 70)
  assert.deepEqual(readdirSync(cwd).sort(), ['runner.log'])
})

test('what a killed daemon left is replaced', async (t) => {
  const { pid, socket, cwd } = await started(t)
  process.kill(pid, 'SIGKILL')
  await gone(pid)
  assert.ok(existsSync(socket))
  const again = await daemon(t, ['probe'], { cwd, env })
  const { pid: told } = (await ask(socket, 'GET', '/status')).json()
  assert.equal(told, again.pid)
})

test('a socket that cannot be made is one line in the log, and the daemon runs', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'runner.sock'))
  const taken = await daemon(t, ['probe'], { cwd, env })
  assert.match(taken.log(), /No control socket \S+runner\.sock: something else has its name\n/)
  await taken.stop()
  assert.ok(existsSync(join(cwd, 'runner.sock')))

  const other = tempDir(t)
  const server = createServer().listen(join(other, 'runner.sock'))
  t.after(() => server.close())
  const beside = await daemon(t, ['probe'], { cwd: other, env })
  assert.match(beside.log(), /No control socket \S+runner\.sock: another process listens on it\n/)
  await beside.stop()
  assert.ok(existsSync(join(other, 'runner.sock')))
})

test('a path that is too long for a socket has one all the same', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async (t) => {
  const cwd = join(tempDir(t), 'd'.repeat(150))
  mkdirSync(cwd)
  const pidfile = join(cwd, `${'n'.repeat(200)}.pid`)
  const running = foreground(t, ['--pidfile', pidfile, 'probe'], { cwd, env })
  await running.line(/all up/)
  assert.doesNotMatch(running.stdout(), /No control socket/)
  const link = join(tempDir(t), 'short')
  execFileSync('ln', ['-s', pidfile.replace(/pid$/, 'sock'), link])
  assert.equal((await ask(link, 'GET', '/status')).json().pid, running.pid)
  running.child.kill()
  await running.ended
  assert.deepEqual(readdirSync(cwd), [])
})

test('a socket that a successor has put in its place is left alone', async (t) => {
  const { socket, cwd, stop } = await started(t)
  const server = createServer().listen(join(cwd, 'next'))
  t.after(() => server.close())
  await new Promise((resolve) => server.on('listening', resolve))
  renameSync(join(cwd, 'next'), socket)
  await stop('SIGTERM')
  assert.ok(statSync(socket).isSocket())
})

test('GET /status tells of the process, its services and its listeners', async (t) => {
  const { pid, socket, cwd } = await started(t, 'probe', '--port', '0')
  const before = (await ask(socket, 'GET', '/status')).json()
  assert.equal(before.listeners.length, 1)
  const port = before.listeners[0]?.port as number
  await new Promise((resolve) => connect(port, '127.0.0.1').resume().on('close', resolve))
  const held = connect(port, '127.0.0.1')
  held.on('error', () => {})
  await new Promise((resolve) => held.resume().on('end', resolve))
  const status = (await ask(socket, 'GET', '/status')).json()
  assert.equal(status.name, 'probe')
  assert.equal(status.state, 'running')
  assert.equal(status.pid, pid)
  assert.equal(status.generation, 1)
  assert.equal(status.versions.node, process.version)
  assert.equal(status.pidFile, join(cwd, 'runner.pid'))
  assert.equal(status.logFile, join(cwd, 'runner.log'))
  assert.equal(status.plugin?.tapname, 'probe')
  assert.equal(status.listeners[0]?.address, '127.0.0.1')
  assert.equal(status.listeners[0]?.connections?.total, 2)
  const [top] = status.services
  assert.deepEqual(
    top?.services.map(({ name, state }) => `${name} ${state}`),
    ['a running', 'b running', 'c running', 'TCPServer running', 'Handles running'],
  )
  assert.ok(Math.abs(Date.parse(top?.services[0]?.since ?? '') - Date.now()) < 60_000)
  assert.ok(status.memory.rss > 10_000_000)
  assert.ok(Date.parse(status.startedAt) <= Date.parse(status.since ?? ''))
})

test('a service that starts, or stops, is seen doing so', async (t) => {
  const cwd = tempDir(t)
  const running = foreground(t, ['probe', '--hang', 'start:b', '--say', 'x'], { cwd, env })
  const socket = join(cwd, 'runner.sock')
  const states = async (wanted: string): Promise<void> => {
    await until(wanted, async () => {
      const reply = await ask(socket, 'GET', '/status').catch(() => undefined)
      const { state, services }: Partial<RunStatus> = reply?.json() ?? {}
      const told = `${state}: ${services?.[0]?.services.slice(0, 3).map((each) => each.state)}`
      return told === wanted || undefined
    })
  }
  await states('starting: running,starting,starting')
  running.child.kill('SIGKILL')
  await running.ended
  const stopping = await daemon(t, ['probe', '--hang', 'stop:b'], { cwd, env })
  process.kill(stopping.pid, 'SIGTERM')
  await states('stopping: running,stopping,stopped')
})

test('POST /stop answers when all have stopped, and with those that have not', async (t) => {
  const { pid, socket, log } = await started(t)
  const reply = await ask(socket, 'POST', '/stop')
  assert.deepEqual(reply.json<object>(), { late: [], status: 0 })
  await gone(pid)
  assert.match(log(), /Told to stop, shutting down\.\n[\s\S]*Server Shut Down\.\n$/)
  const slow = await started(t, '--stop-timeout', '0.2', 'probe', '--hang', 'stop:b')
  assert.match(
    String((await ask(slow.socket, 'POST', '/stop')).json<{ late: string[] }>().late),
    /b/,
  )
  await gone(slow.pid)
})

test('whoever stops it hears for how long nothing may be heard', async (t) => {
  const { socket, pid } = await started(t, '--stop-timeout', '10', 'probe')
  const client = connect(socket)
  let text = ''
  client.setEncoding('utf8').on('data', (more) => {
    text += more
  })
  client.write('POST /stop HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n')
  await new Promise((resolve) => client.on('end', resolve))
  await gone(pid)
  // The services, what comes after them, and the listeners of 'exit' have 10 and 5 each.
  assert.match(text, /^HTTP\/1\.1 102 Processing\r\nRunner-Silence: (4[5-9])\r\n\r\n/)
  assert.match(text, /"status": 0\n}\n\r\n0\r\n\r\n$/)
})

test('what cannot be answered is a complaint, and never ends the daemon', async (t) => {
  const { socket, pid } = await started(t)
  const cases = [
    ['GET', '/nowhere', 404, 64],
    ['GET', '/constructor', 404, 64],
    ['GET', '//', 404, 64],
    ['POST', '/status', 405, 64],
    ['GET', '/stop', 405, 64],
    ['POST', '/profile?seconds=x', 400, 64],
    ['POST', '/profile?seconds=0', 400, 64],
    ['POST', '/profile?seconds=1e9', 400, 64],
  ] as const
  for (const [method, path, code, status] of cases) {
    const reply = await ask(socket, method, path)
    assert.equal(reply.code, code, path)
    assert.equal(reply.json<Complaint>().status, status, path)
    assert.match(reply.json<Complaint>().line, /^cannot /)
  }
  assert.equal((await ask(socket, 'PUT', '/log', 'x'.repeat(100_000))).code, 413)
  assert.ok(isAlive(pid))
})

/**
 * Writes a request with far more after it than the system keeps, and reads only then.
 * Once more if the test was so busy that it was hung up on for being slow.
 */
async function sayAllFirst(path: string, head: string): Promise<string> {
  for (;;) {
    const began = performance.now()
    try {
      return await sayOnce(path, head)
    } catch (error) {
      if (performance.now() - began < 4900) throw error
    }
  }
}

async function sayOnce(path: string, head: string): Promise<string> {
  const client = connect({ path, allowHalfOpen: true })
  const closed = once(client, 'close')
  await promisify<string>(client.write).call(client, head)
  await promisify<string>(client.write).call(client, 'x'.repeat(3_000_000))
  let text = ''
  client.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  client.on('end', () => client.end())
  await closed
  return text
}

test('a client that is refused while it still writes gets its answer', async (t) => {
  const { socket, pid } = await started(t)
  for (const [head, code] of [
    ['PUT /log HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n', 413],
    ['PUT /log HTTP/1.0\r\nContent-Length: 3000000\r\n\r\n', 413],
    ['PUT /log HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2dc6c0\r\n', 413],
    ['GET /status HTTP/1.1\r\nHost: a\r\nX: ', 431],
    ['no request\r\n', 400],
  ] as const) {
    const said = await sayAllFirst(socket, head)
    assert.match(said, new RegExp(`^HTTP/1\\.1 ${code} [^\\r]*\\r\\nConnection: close\\r\\n`), head)
    if (code === 413) assert.match(said, /"line": "cannot answer: the request is too large"/)
  }
  assert.ok(isAlive(pid))
})

test('POST /profile records a profile, one at a time', async (t) => {
  const { socket } = await started(t)
  const [first, second] = await Promise.all([
    ask(socket, 'POST', '/profile?seconds=0.5'),
    ask(socket, 'POST', '/profile?seconds=0.5'),
  ])
  assert.deepEqual([first.code, second.code].sort(), [200, 503])
  const { nodes, endTime, startTime } = (first.code === 200 ? first : second).json<Profile>()
  assert.ok(nodes.length > 0)
  assert.ok(endTime - startTime >= 400_000)
})

test('a client that waits for its answer is shown that it will come', async (t) => {
  const { socket } = await started(t)
  const client = connect(socket)
  let text = ''
  client.setEncoding('utf8').on('data', (more) => {
    text += more
  })
  client.write('POST /profile?seconds=2.5 HTTP/1.1\r\nHost: x\r\n\r\n')
  await new Promise((resolve) => client.on('end', resolve))
  const heads = [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map((match) => match[1])
  assert.ok(heads.length > 2, heads.join())
  assert.deepEqual([...new Set(heads)], ['102', '200'])
})

test('POST /debug opens the inspector on loopback, once', async (t) => {
  const { socket } = await started(t)
  const { url } = (await ask(socket, 'POST', '/debug')).json<{ url: string }>()
  assert.match(url, /^ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+$/)
  assert.equal((await ask(socket, 'POST', '/debug')).json<{ url: string }>().url, url)
})

test('POST /heap sends a snapshot', async (t) => {
  const { socket } = await started(t)
  const { snapshot, strings } = (await ask(socket, 'POST', '/heap')).json<Heap>()
  assert.ok(snapshot.node_count > 1000)
  assert.ok(strings.length > 1000)
})

test('curl asks it', { skip: hasCurl ? false : 'needs curl' }, async (t) => {
  const { socket, pid } = await started(t)
  const curl = (...args: string[]): string =>
    execFileSync('curl', ['-sS', '--unix-socket', socket, ...args], { encoding: 'utf8' })
  assert.equal(JSON.parse(curl('http://localhost/status')).pid, pid)
  assert.deepEqual(JSON.parse(curl('-X', 'POST', 'http://localhost/stop')), { late: [], status: 0 })
  await gone(pid)
})

/** Sends bytes, and waits for the other end to close or to have said enough. */
function send(socket: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const client: Socket = connect(socket)
    client.on('error', () => {}).on('close', () => resolve())
    client.resume().end(bytes)
  })
}

test('no bytes that a client sends, in any order, end the daemon or keep it from answering', async (t) => {
  const { socket, pid } = await started(t)
  const line = fc.constantFrom(
    ...['GET /status HTTP/1.1\r\n', 'POST /heap HTTP/1.0\r\n', 'CONNECT x:1 HTTP/1.1\r\n'],
    ...['Host: x\r\n', 'Content-Length: 9\r\n', 'Transfer-Encoding: chunked\r\n', '\r\n'],
    ...['Upgrade: websocket\r\nConnection: Upgrade\r\n', 'Expect: 100-continue\r\n', 'ffff\r\n'],
  )
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.array(line, { maxLength: 8 }).map((lines) => Buffer.from(lines.join(''))),
    fc.constant(Buffer.from(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(garbage, { minLength: 1, maxLength: 10 }), async (all) => {
      await Promise.all(all.map((bytes) => send(socket, bytes)))
      assert.equal((await ask(socket, 'GET', '/status')).json().pid, pid)
    }),
    { numRuns: 40 },
  )
})

test('a client that says nothing, or not all, is hung up on', async (t) => {
  const { socket } = await started(t)
  const hungUp = ['', 'POST /stop HTTP/1.1\r\nContent-Length: 5\r\n\r\n12'].map(
    (text) =>
      new Promise((resolve) => {
        const client = connect(socket)
        client.on('error', () => {}).on('close', resolve)
        client.resume().write(text)
      }),
  )
  await Promise.all(hungUp)
  assert.equal((await ask(socket, 'GET', '/status')).json().state, 'running')
})

test('a client that has said all while the loop stood still gets its answer', async (t) => {
  const cwd = tempDir(t)
  // Longer than a client may take to say what it wants.
  const block =
    "log.msg('blocks'); for (const end = performance.now() + 5500; performance.now() < end; );"
  writePlugin(cwd, { inMakeService: `process.on('SIGWINCH', () => { ${block} })` })
  const { pid, log, logfile } = await daemon(t, ['told'], { cwd })
  const socket = join(cwd, 'runner.sock')
  const client = connect(socket)
  t.after(() => client.destroy())
  let text = ''
  client.setEncoding('utf8').on('data', (more) => {
    text += more
  })
  const ended = once(client, 'close')
  // Whoever came after it has been heard, so it has been let in.
  await ask(socket, 'GET', '/status')
  process.kill(pid, 'SIGWINCH')
  await waitFor(logfile, () => log().includes('blocks') || undefined)
  client.write('GET /status HTTP/1.1\r\nHost: x\r\n\r\n')
  await ended
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
})

test('a loop that is held up is late', async (t) => {
  const cwd = tempDir(t)
  writeFileSync(
    join(cwd, 'blocks.tac.mjs'),
    `import { Application, TimerService } from 'runnerd'
export const application = new Application('blocks')
const block = () => {
  for (const until = performance.now() + 200; performance.now() < until; );
}
new TimerService(0.21, block).setServiceParent(application)
`,
  )
  await daemon(t, ['--tac', 'blocks.tac.mjs'], { cwd, env })
  await until('a late loop', async () => {
    const { loopLag, tacFile, plugin } = (
      await ask(join(cwd, 'runner.sock'), 'GET', '/status')
    ).json()
    assert.deepEqual([tacFile, plugin], [join(cwd, 'blocks.tac.mjs'), null])
    assert.ok(loopLag.max >= loopLag.mean && loopLag.max >= loopLag.last)
    return (loopLag.seconds >= 2 && loopLag.max > 20) || undefined
  })
})

test('clients that say nothing keep no process up, and only so many are heard', async (t) => {
  const { socket, pid, stop } = await started(t)
  const idle = Array.from({ length: 60 }, () => connect(socket))
  t.after(() => {
    for (const client of idle) client.destroy()
  })
  // All that are too many: one still in the queue would be heard when others have been.
  await new Promise<void>((resolve) => {
    let closed = 0
    for (const client of idle) {
      client.on('error', () => {}).resume()
      client.on('close', () => {
        closed += 1
        if (closed === 60 - 32) resolve()
      })
    }
  })
  const replies = idle.map(
    (client) =>
      new Promise<boolean>((resolve) => {
        client.on('data', () => resolve(true)).on('close', () => resolve(false))
        if (client.destroyed) resolve(false)
        else client.write('GET /status HTTP/1.1\r\nHost: x\r\n\r\n')
      }),
  )
  const heard = (await Promise.all(replies)).filter(Boolean).length
  assert.ok(heard > 0 && heard <= 32, `${heard} were heard`)
  assert.ok(isAlive(pid))
  await stop('SIGTERM')
})

test('a daemon that sheds its privileges gives its socket away, or has it removed', {
  skip: noOtherUser,
}, async (t) => {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  const args = ['--uid', 'nobody', 'probe']
  const kept = await daemon(t, args, { cwd, env })
  const socket = join(cwd, 'runner.sock')
  assert.equal(statSync(socket).uid, 65534)
  assert.equal((await ask(socket, 'GET', '/status')).json().pid, kept.pid)
  await kept.stop('SIGTERM')
  await waitFor(socket, () => (existsSync(socket) ? undefined : true))
  chmodSync(cwd, 0o777)
  writeFileSync(join(cwd, 'runner.log'), '')
  const own = await daemon(t, args, { cwd, env })
  assert.equal(statSync(socket).uid, 65534)
  await own.stop('SIGTERM')
  assert.ok(!existsSync(socket))
})
