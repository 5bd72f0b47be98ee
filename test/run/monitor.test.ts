import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { ask } from '../helpers/control.ts'
import { freePort } from '../helpers/free-port.ts'
import { look, seen, valuesIn } from '../helpers/monitor.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { reload, writePlugin } from '../helpers/reloadable.ts'
import { cleanEnv, daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { fetchFrom } from '../helpers/workers.ts'

/** A service that is as well as a file says, and counts what a test wants. */
const MEASURED = {
  imports: "import { existsSync, readFileSync } from 'node:fs'",
  inMakeService: `
    class Measured extends Service {
      health() {
        if (existsSync('sick')) return { ok: false, reason: readFileSync('sick', 'utf8') }
        if (existsSync('hung')) return new Promise(() => {})
        if (existsSync('broken')) throw new Error('no such poem')
        return { ok: true }
      }
      * metrics() {
        yield { name: 'told_poems_total', help: 'Poems.', type: 'counter', value: 3, labels: { of: 'a "b"' } }
        yield { name: 'told_ink', help: 'Ink.', type: 'gauge', value: 0.5 }
        yield { name: 'runner_told', help: 'Not ours.', type: 'gauge', value: 1 }
        yield { name: 'a-b', help: 'No name.', type: 'gauge', value: 1 }
        yield { name: 'constructor', help: 'An own name of objects.', type: 'gauge', value: 1 }
        yield { name: 'told_text', help: 'No number.', type: 'gauge', value: 'many' }
        if (existsSync('broken')) throw new Error('no more')
      }
    }
    new Measured().setServiceParent(top)`,
}

/** The endpoint of a monitor on a port of localhost. */
function at(port: number): string {
  return `tcp:${port}:interface=127.0.0.1`
}

test('the monitor tells of health: in a start, well, and ill for its reasons', async (t) => {
  const cwd = tempDir(t)
  const inStart = "while (!existsSync('go')) await sleep(0.02)"
  writePlugin(cwd, { ...MEASURED, inStart })
  const [port, monitor] = [await freePort(), await freePort()]
  const running = foreground(t, ['--monitor', at(monitor), 'told', '--port', String(port)], { cwd })
  const starting = await seen(monitor, '/readyz', () => true)
  assert.equal(starting.code, 503)
  assert.match(starting.text, /^\[-\]run failed: it is starting$/m)
  assert.equal((await look(monitor, '/livez')).text, 'ok\n')
  writeFileSync(join(cwd, 'go'), '')
  await seen(monitor, '/readyz', ({ code }) => code === 200)
  assert.equal((await look(monitor, '/readyz')).text, 'ok\n')
  const paths = ['MultiService', 'First', 'TCPServer', 'Measured']
  const checked = [
    'run',
    ...paths.map((each, index) => (index === 0 ? each : `${paths[0]}/${each}`)),
  ]
  assert.equal(
    (await look(monitor, '/readyz?verbose')).text,
    [...checked.map((each) => `[+]${each} ok`), 'readyz check passed', ''].join('\n'),
  )
  assert.match((await look(monitor, '/livez?verbose')).text, /^\[\+\]event-loop ok: .* ms late$/m)
  const faults = { sick: 'no ink\nat all', hung: '', broken: '' }
  const reasons = {
    sick: 'no ink.*at all',
    hung: 'no answer within 2 seconds',
    broken: 'no such poem',
  }
  for (const [file, text] of Object.entries(faults)) {
    writeFileSync(join(cwd, file), text)
    const { code, text: said } = await look(monitor, '/readyz')
    assert.equal(code, 503)
    const reason = reasons[file as keyof typeof reasons]
    assert.match(said, new RegExp(`^\\[-\\]MultiService/Measured failed: ${reason}$`, 'm'))
    assert.match(said, /^readyz check failed$/m)
    rmSync(join(cwd, file))
  }
  assert.equal((await look(monitor, '/readyz')).code, 200)
  running.child.kill('SIGTERM')
  assert.equal((await running.ended).signal, 'SIGTERM')
})

test('it is read only, for who asks by an address or localhost, and nothing else ends it', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const monitor = await freePort()
  await daemon(t, ['--monitor', at(monitor), 'told'], { cwd })
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    const { code, headers } = await look(monitor, '/metrics', { method })
    assert.deepEqual([code, headers.allow], [405, 'GET, HEAD'], method)
  }
  // What comes with it is let pass: closed on, its client might not hear the answer.
  const body = 'x'.repeat(100_000)
  assert.equal((await look(monitor, '/metrics', { method: 'POST', body })).code, 405)
  const head = await look(monitor, '/metrics', { method: 'HEAD' })
  assert.deepEqual([head.code, head.text], [200, ''])
  assert.match(String(head.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  for (const path of ['/stop', '/status', '/nowhere', '/toString', '//', '/metrics/', '*']) {
    assert.equal((await look(monitor, path)).code, 404, path)
  }
  for (const host of ['evil.example', `evil.example:${monitor}`, 'localhost.evil.example']) {
    assert.equal((await look(monitor, '/', { headers: { host } })).code, 421, host)
  }
  for (const host of [
    'localhost',
    `LOCALHOST:${monitor}`,
    '127.0.0.1',
    '[::1]:80',
    'a.localhost',
  ]) {
    assert.equal((await look(monitor, '/', { headers: { host } })).code, 200, host)
  }
  // As for a proxy: whom it names counts, and not the header.
  const whole = { '': 200, '/readyz?verbose': 200, '/nowhere': 404 }
  for (const [rest, code] of Object.entries(whole)) {
    const target = `HTTP://localhost:${monitor}${rest}`
    assert.equal((await look(monitor, target, { headers: { host: 'x.example' } })).code, code, rest)
  }
  const evil = await look(monitor, 'http://x.example/', { headers: { host: 'localhost' } })
  assert.equal(evil.code, 421)
  for (const garbage of [
    '\0\0\0\n',
    'GET\r\n\r\n',
    `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
  ]) {
    const socket = connect(monitor, '127.0.0.1').on('error', () => {})
    socket.end(garbage)
    socket.resume()
    await once(socket, 'close')
  }
  const index = await look(monitor, '/')
  assert.equal(index.text, 'told: ready\n/livez\n/readyz\n/metrics\n/overview\n')
  assert.equal(index.headers['x-content-type-options'], 'nosniff')
  assert.equal(index.headers['access-control-allow-origin'], undefined)
})

test('metrics: of Node, of each listener with its bytes, of the log, and a service its own', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd, { ...MEASURED, says: 'x'.repeat(1000) })
  const [port, monitor] = [await freePort(), await freePort()]
  const { log } = await daemon(t, ['--monitor', at(monitor), 'told', '--port', String(port)], {
    cwd,
  })
  const sizes = [await fetchFrom(port), await fetchFrom(port)].map(({ length }) => length)
  const { text } = await seen(monitor, '/metrics', ({ text }) => {
    const [open] = valuesIn(text).get('runner_connections_open') ?? []
    return open?.value === 0
  })
  const values = valuesIn(text)
  const of = { service: 'MultiService/TCPServer', listener: `tcp:127.0.0.1:${port}` }
  assert.deepEqual(values.get('runner_connections_total'), [{ labels: of, value: 2 }])
  const [sent] = values.get('runner_sent_bytes_total') ?? []
  assert.equal(sent?.value, 2 * (sizes[0] as number))
  assert.deepEqual(values.get('runner_received_bytes_total'), [{ labels: of, value: 0 }])
  assert.deepEqual(values.get('runner_ready'), [{ labels: {}, value: 1 }])
  assert.deepEqual(values.get('runner_generation'), [{ labels: {}, value: 1 }])
  const measured = { service: 'MultiService/Measured' }
  assert.deepEqual(values.get('told_poems_total'), [
    { labels: { ...measured, of: 'a \\"b\\"' }, value: 3 },
  ])
  assert.deepEqual(values.get('told_ink'), [{ labels: measured, value: 0.5 }])
  for (const name of ['runner_told', 'a-b', 'constructor', 'told_text']) {
    assert.ok(!values.has(name), name)
  }
  assert.equal(log().match(/Metrics of MultiService\/Measured left out: /g)?.length, 4)
  const lines = new Map(
    values.get('runner_log_lines_total')?.map((each) => [each.labels.level, each.value]),
  )
  assert.equal(lines.get('warn'), 4)
  assert.equal(lines.get('info'), log().split('\n').length - 1 - 4)
  assert.deepEqual(values.get('runner_log_lines_lost_total'), [{ labels: {}, value: 0 }])
  for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds']) {
    assert.equal(values.get(name)?.length, 1, name)
  }
  writeFileSync(join(cwd, 'broken'), '')
  assert.ok(valuesIn((await look(monitor, '/metrics')).text).has('runner_connections_total'))
})

test('the control socket has the same pages, without a monitor too', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd, MEASURED)
  const port = await freePort()
  await daemon(t, ['told', '--port', String(port)], { cwd })
  const socket = join(cwd, 'runner.sock')
  await fetchFrom(port)
  assert.equal((await look(socket, '/livez')).text, 'ok\n')
  assert.equal((await look(socket, '/readyz')).text, 'ok\n')
  const values = valuesIn((await look(socket, '/metrics')).text)
  assert.equal(values.get('runner_connections_total')?.[0]?.value, 1)
  assert.ok(values.has('process_open_fds'))
  const overview = JSON.parse((await look(socket, '/overview')).text)
  assert.deepEqual([overview.name, overview.phase, overview.ready.ok], ['told', 'running', true])
  // These are kept for a monitor only.
  assert.deepEqual([overview.log, overview.history], [[], []])
  writeFileSync(join(cwd, 'sick'), 'no ink')
  assert.equal((await look(socket, '/readyz')).code, 503)
  const { code, text } = await look(socket, '/readyz', { method: 'HEAD' })
  assert.deepEqual([code, text], [503, ''])
  const page = await look(socket, '/', { headers: { accept: 'text/html' } })
  assert.match(page.text, /<h1>told<\/h1>/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; /)
  assert.match((await look(socket, '/')).text, /^told: not ready\n\/livez\n/)
  assert.equal((await ask(socket, 'POST', '/readyz')).code, 405)
  assert.equal((await ask(socket, 'GET', 'http://localhost/livez?verbose')).code, 200)
})

test('the overview has the tree, the lines of the log and samples, and no path of a file', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd, { inStart: "log.warn('mind the ' + 'gap'.repeat(1000))" })
  const monitor = await freePort()
  await daemon(t, ['--monitor', at(monitor), 'told'], { cwd })
  const { text } = await look(monitor, '/overview')
  const { services, log, history, monitor: where, plugin, cpu } = JSON.parse(text)
  assert.equal(services[0].name, 'MultiService')
  assert.deepEqual(
    services[0].services.map(({ name }: { name: string }) => name),
    ['First', 'TCPServer'],
  )
  const warned = log.find(({ level }: { level: string }) => level === 'warn')
  assert.equal(warned.text.length, 1000)
  assert.ok(history.length >= 1 && history[0].rss > 1e6)
  assert.deepEqual([where.address, where.port], ['127.0.0.1', monitor])
  assert.equal(plugin.tapname, 'told')
  assert.ok(cpu.seconds > 0)
  assert.ok(!text.includes(cwd), text)
})

test('of clients that say nothing it has so many at most, and hangs up on the others', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const monitor = await freePort()
  await daemon(t, ['--monitor', at(monitor), 'told'], { cwd })
  const silent = Array.from({ length: 64 }, () =>
    connect(monitor, '127.0.0.1').on('error', () => {}),
  )
  t.after(() => {
    for (const each of silent) each.destroy()
  })
  const socket = join(cwd, 'runner.sock')
  await seen(socket, '/overview', ({ text }) => JSON.parse(text).monitor.connections.open === 64)
  const refused = connect(monitor, '127.0.0.1').on('error', () => {})
  await once(refused.resume(), 'close')
  const { connections } = JSON.parse((await look(socket, '/overview')).text).monitor
  assert.equal(connections.refused, 1)
  for (const each of silent.slice(1)) each.destroy()
  await seen(monitor, '/readyz', ({ code }) => code === 200)
})

test('who asks a hundred times at once has it looked up once', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const monitor = await freePort()
  await daemon(t, ['--monitor', at(monitor), 'told'], { cwd })
  const socket = connect(monitor, '127.0.0.1')
  socket.write('GET /overview HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(99))
  socket.end('GET /overview HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  const [, ...answers] = (await text(socket)).split('HTTP/1.1 200 OK\r\n')
  assert.equal(answers.length, 100)
  // The processor time that each was counted at: of what came in one piece, the same.
  const seconds = answers.map((each) => /"seconds": ([\d.]+)/.exec(each)?.[1])
  assert.ok(new Set(seconds).size < 10, seconds.join())
})

test('in another root it knows all but what only /proc tells', async (t) => {
  if (noOtherUser) return t.skip(noOtherUser)
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  mkdirSync(join(cwd, 'jail'))
  writePlugin(cwd)
  const monitor = await freePort()
  const words = ['--chroot', 'jail', '--uid', 'nobody', '--monitor', at(monitor), 'told']
  assert.equal((await runner(words, { cwd })).stderr, '')
  assert.equal((await look(monitor, '/readyz')).text, 'ok\n')
  const values = valuesIn((await look(monitor, '/metrics')).text)
  assert.ok(values.has('process_cpu_seconds_total') && values.has('runner_connections_total'))
  assert.ok(!values.has('process_resident_memory_bytes'))
  const { status } = await runner(['stop', '--pidfile', 'jail/runner.pid'], { cwd })
  assert.equal(status, 0)
})

test('a reload hands it over: it is never unreachable, nor not ready, and counts the generation', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const monitor = await freePort()
  const env = { TOLD: 'x' }
  await daemon(t, ['--monitor', at(monitor), 'told'], { cwd, env })
  let looks = 0
  let isOver = false
  const looking = (async () => {
    while (!isOver) {
      assert.equal((await look(monitor, '/readyz')).code, 200)
      looks += 1
    }
  })()
  for (const generation of [2, 3]) {
    assert.equal((await reload(cwd)).generation, generation)
    // One that has come to the old one just now has its answer from it.
    await seen(monitor, '/metrics', ({ text }) =>
      text.includes(`\nrunner_generation ${generation}\n`),
    )
  }
  isOver = true
  await looking
  assert.ok(looks > 20, String(looks))
  assert.equal((await runner(['stop'], { cwd })).status, 0)
})

test('--drain-delay: at a signal /readyz fails first, and all serves on so long', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const [port, monitor] = [await freePort(), await freePort()]
  const own = ['--drain-delay', '600', '--monitor', at(monitor)]
  const running = foreground(t, [...own, 'told', '--port', String(port)], { cwd })
  await seen(monitor, '/readyz', ({ code }) => code === 200)
  running.child.kill('SIGTERM')
  const leaving = await seen(monitor, '/readyz', ({ code }) => code !== 200)
  assert.equal(leaving.code, 503)
  assert.match(leaving.text, /^\[-\]run failed: it is about to stop$/m)
  assert.match(await fetchFrom(port), /^hello/)
  assert.equal((await look(monitor, '/livez')).code, 200)
  assert.match(running.stdout(), /Received SIGTERM, shutting down in 600 seconds\./)
  // Whoever won't wait has it stop in order all the same.
  running.child.kill('SIGTERM')
  const { signal, stdout } = await running.ended
  assert.equal(signal, 'SIGTERM')
  assert.match(stdout, /Received SIGTERM again, shutting down now\.[\s\S]*Server Shut Down\./)
})

test('--drain-delay passes by itself, and runner stop does not wait for it', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const short = await daemon(t, ['--drain-delay', '0.3', 'told'], { cwd })
  await short.stop()
  assert.match(
    short.log(),
    /Received SIGTERM, shutting down in 0.3 seconds\.[\s\S]*Server Shut Down\./,
  )
  const { log } = await daemon(t, ['--drain-delay', '600', 'told'], { cwd })
  const { status, stderr } = await runner(['stop'], { cwd })
  assert.equal(status, 0, stderr)
  assert.match(log(), /Told to stop, shutting down\./)
})

test('runner health is a probe: 0 when ready, 75 and a line when not, 69 when nobody is there', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd, MEASURED)
  const monitor = await freePort()
  await daemon(t, ['--monitor', at(monitor), 'told'], { cwd })
  const ways = [
    ['health'],
    ['health', '--pidfile', 'runner.pid'],
    ['health', '--monitor', at(monitor)],
  ]
  for (const words of ways) {
    assert.deepEqual(pick(await runner(words, { cwd })), [0, 'ready\n', ''])
  }
  writeFileSync(join(cwd, 'sick'), 'no ink')
  const ill = 'runner: not ready: MultiService/Measured: no ink\n'
  for (const words of ways) assert.deepEqual(pick(await runner(words, { cwd })), [75, '', ill])
  // As in a container, which has no pid file.
  const env = { RUNNER_MONITOR: at(monitor), RUNNER_PIDFILE: '' }
  const elsewhere = tempDir(t)
  assert.deepEqual(pick(await runner(['health'], { cwd: elsewhere, env })), [75, '', ill])
  const nobody = await runner(['health', '--monitor', at(await freePort())], { cwd })
  assert.equal(nobody.status, 69)
  assert.match(nobody.stderr, /^runner: cannot check health: .*: nobody listens there\n$/)
  assert.equal((await runner(['health'], { cwd: elsewhere })).status, 69)
  for (const [endpoint, status, reason] of [
    ['unix:nosuch.sock', 69, 'unix:nosuch.sock: nobody listens there\n'],
    ['tcp:x', 64, '--monitor tcp:x: the port must be a number from 0 to 65535, not x\n'],
    ['9464', 64, '--monitor 9464: there is no endpoint type 9464\nhint: tcp:9464 is a port\n'],
    ['tcp:0', 64, '--monitor tcp:0 says no place to connect to\n'],
  ] as const) {
    const wrong = await runner(['health', '--monitor', endpoint], { cwd })
    assert.deepEqual(pick(wrong), [status, '', `runner: cannot check health: ${reason}`])
  }
})

function pick({
  status,
  stdout,
  stderr,
}: {
  status: number | null
  stdout: string
  stderr: string
}) {
  return [status, stdout, stderr]
}

test('a bad endpoint is a usage error that names its part, for a run and for runner check', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const cases: [string, number, RegExp][] = [
    ['tcp:99999', 64, /^runner: cannot use --monitor tcp:99999: the port must be/],
    ['9464', 64, /^runner: cannot use --monitor 9464: .*\nhint: tcp:9464 is a port\n$/],
    ['nosuch:1', 64, /^runner: cannot use --monitor nosuch:1: there is no endpoint type nosuch/],
    ['ssl:0:privateKey=none.pem', 66, /none\.pem/],
  ]
  for (const [endpoint, status, line] of cases) {
    for (const verb of [[], ['check']]) {
      const ended = await runner(['-n', '--monitor', endpoint, ...verb, 'told'], { cwd })
      assert.equal(ended.status, status, `${verb} ${endpoint}: ${ended.stderr}`)
      assert.match(ended.stderr, line)
    }
  }
  const delay = await runner(['--drain-delay=-1', 'told'], { cwd })
  assert.equal(delay.status, 64)
  assert.match(delay.stderr, /option --drain-delay needs a number of seconds, or 0 for none/)
})

test('a port that is taken fails the start, with the monitor named before any service', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  const monitor = await freePort()
  const first = foreground(t, ['--monitor', at(monitor), 'told'], { cwd })
  await seen(monitor, '/livez', () => true)
  const second = await runner(['-n', '--pidfile=', '--monitor', at(monitor), 'told'], { cwd })
  assert.equal(second.status, 69)
  assert.match(second.stderr, new RegExp(`Couldn't listen on .*${monitor}|cannot .*${monitor}`))
  first.child.kill('SIGTERM')
})

test('runner health says in plain words that a name cannot be looked up at present', async (t) => {
  const cwd = tempDir(t)
  const text = `const dns = require('node:dns')
  dns.lookup = (host, options, callback) => process.nextTick(callback ?? options,
    Object.assign(new Error('getaddrinfo EAI_AGAIN ' + host), { code: 'EAI_AGAIN' }))\n`
  writeFileSync(join(cwd, 'no-dns.cjs'), text)
  const env = { NODE_OPTIONS: `--require=${join(cwd, 'no-dns.cjs')}` }
  const words = ['health', '--monitor', 'tcp:80:interface=some.example']
  const { status, stderr } = await runner(words, { cwd, env })
  const place = 'tcp:80:interface=some.example'
  const line = `runner: cannot check health: ${place}: its name cannot be looked up at present\n`
  assert.deepEqual([status, stderr], [75, line])
})

test('a service that wants the place of the monitor is told who has it', async (t) => {
  const cwd = tempDir(t)
  const inMakeService = "new HTTPServer('unix:at.sock', () => {}).setServiceParent(top)"
  const monitor = await freePort()
  const cases: [string[], string, string][] = [
    [['--monitor', at(monitor), 'told', '--port', String(monitor)], `127.0.0.1:${monitor}`, ''],
    [['--monitor', 'unix:at.sock', 'told'], join(cwd, 'at.sock'), inMakeService],
  ]
  for (const [words, place, more] of cases) {
    writePlugin(cwd, { imports: "import { HTTPServer } from 'runnerd'", inMakeService: more })
    for (const own of [['-n'], ['--workers', '1']]) {
      const { status, stderr } = await runner([...own, '--pidfile=', ...words], { cwd })
      assert.equal(status, 69)
      const line = `cannot listen on ${place}: address already in use by --monitor of this run`
      assert.match(stderr, new RegExp(`^runner: ${line} \\(pid \\d+\\)\nhint: give --monitor, `))
    }
  }
})

test('a service that wants the place of the control socket is told who has it', async (t) => {
  const cwd = tempDir(t)
  const inMakeService = "new HTTPServer('unix:web.sock', () => {}).setServiceParent(top)"
  writePlugin(cwd, { imports: "import { HTTPServer } from 'runnerd'", inMakeService })
  const { status, stderr } = await runner(['-n', '--pidfile', 'web.pid', 'told'], { cwd })
  assert.equal(status, 69)
  const place = join(cwd, 'web.sock')
  const line = `cannot listen on ${place}: address already in use by the control socket of this run`
  assert.match(stderr, new RegExp(`^runner: ${line} \\(pid \\d+\\)\nhint: .* give --pidfile, `))
  // One that is somebody else's is in the way of both.
  const other = createServer().listen(place)
  await once(other, 'listening')
  const foreign = await runner(['-n', '--pidfile', 'web.pid', 'told'], { cwd })
  other.close()
  assert.doesNotMatch(foreign.stderr, /of this run/)
})

test('it may be a UNIX socket, which is gone with the run', async (t) => {
  const cwd = tempDir(t)
  writePlugin(cwd)
  await daemon(t, ['--monitor', 'unix:monitor.sock', 'told'], { cwd })
  const socket = join(cwd, 'monitor.sock')
  assert.equal((await look(socket, '/readyz', { headers: { host: 'any.example' } })).code, 200)
  assert.equal((await reload(cwd)).generation, 2)
  assert.equal((await look(socket, '/readyz')).code, 200)
  const health = await runner(['health', '--monitor', 'unix:monitor.sock'], { cwd })
  assert.equal(health.stdout, 'ready\n')
  assert.equal((await runner(['stop'], { cwd })).status, 0)
  await assert.rejects(look(socket, '/readyz'), { code: 'ENOENT' })
})

test('a run without a monitor loads nothing of it, and one with it does', async (t) => {
  const cwd = tempDir(t)
  const imports =
    "import { createRequire } from 'node:module'; import { writeFileSync } from 'node:fs'"
  const inStart = `
    setTimeout(() => writeFileSync('loaded', JSON.stringify(
      Object.keys(createRequire(import.meta.url).cache).map((each) => each.split('/').at(-1)))), 100)`
  writePlugin(cwd, { imports, inStart })
  const parts = ['watching.js', 'prometheus.js']
  for (const [own, expected] of [
    [[], []],
    [['--monitor', at(await freePort())], parts],
  ] as const) {
    const { stop } = await daemon(t, [...own, 'told'], { cwd, env: cleanEnv(cwd) })
    const file = join(cwd, 'loaded')
    const loaded: string[] = await waitFor(file, () => readLoaded(file))
    assert.ok(loaded.includes('daemon.js'))
    assert.deepEqual(
      parts.filter((each) => loaded.includes(each)),
      expected,
    )
    await stop()
    rmSync(file)
  }
})

function readLoaded(file: string): string[] | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
