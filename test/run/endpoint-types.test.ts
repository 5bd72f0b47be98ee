import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { fixtures } from '../helpers/paths.ts'
import { reload } from '../helpers/reloadable.ts'
import { daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'listens') }

/** A dropin with an endpoint type, that notes which processes have loaded it. */
function typeDropin(cwd: string, prefix: string, body: string, kind = 'Server'): void {
  mkdirSync(join(cwd, 'plugins'), { recursive: true })
  writeFileSync(
    join(cwd, 'plugins', `${prefix}.js`),
    `import { appendFileSync } from 'node:fs'
    import { clientFromString, serverFromString, UsageError } from 'runnerd'
    appendFileSync(${JSON.stringify(join(cwd, `${prefix}.loaded`))}, process.pid + '\\n')
    class Parser {
      prefix = '${prefix}'
      parseStream${kind}(args, keywords) { ${body} }
    }
    export const ${prefix}Parser = new Parser()
    `,
  )
}

/** `loop:8080` is port 8080 of localhost; `loop:8080:by=x` is refused. */
function withTypes(t: TestContext): string {
  const cwd = tempDir(t)
  const body = `if (keywords.by) throw new UsageError('by is not for loop:', { hint: 'leave it out' })
    return serverFromString('tcp:' + args[0] + ':interface=localhost')`
  typeDropin(cwd, 'loop', body)
  typeDropin(cwd, 'other', 'throw new Error()')
  return cwd
}

function loadedIn(cwd: string, prefix: string): string[] {
  return readFileSync(join(cwd, `${prefix}.loaded`), 'utf8').split('\n')
}

async function fetchFrom(port: number): Promise<string> {
  let text = ''
  for await (const chunk of net.connect(port, '127.0.0.1')) text += chunk
  return text
}

test('an endpoint type of a dropin is used by its prefix, and only its dropin is loaded', async (t) => {
  const cwd = withTypes(t)
  const port = await freePort()
  const { pid } = await daemon(t, ['listens', '--listen', `loop:${port}`], { cwd, env })
  assert.equal(await fetchFrom(port), String(pid))
  assert.ok(loadedIn(cwd, 'loop').includes(String(pid)))
  assert.ok(!loadedIn(cwd, 'other').includes(String(pid)))
  const { pid: next } = await reload(cwd)
  t.after(() => process.kill(next, 'SIGKILL'))
  assert.equal(await fetchFrom(port), String(next))
})

test('no dropin of an endpoint type is loaded for a string of another', async (t) => {
  const cwd = withTypes(t)
  await runner(['plugins', 'list'], { cwd, env })
  const { pid } = await daemon(t, ['listens', '--port', '0'], { cwd, env })
  assert.ok(!loadedIn(cwd, 'loop').includes(String(pid)))
})

test('code may ask for an endpoint type of a dropin, of which nothing was said before', async (t) => {
  const cwd = withTypes(t)
  const port = await freePort()
  writeFileSync(
    join(cwd, 'asks.tac.js'),
    `import { Application, strports } from 'runnerd'
    export const application = new Application('asks')
    strports.service(process.env.ASK_FOR, (socket) => socket.end('asked')).setServiceParent(application)
    `,
  )
  const run = (...words: string[]) => [...words, '--tac', 'asks.tac.js']
  await daemon(t, run(), { cwd, env: { ...env, ASK_FOR: `loop:${port}` } })
  assert.equal(await fetchFrom(port), 'asked')
  for (const [asked, reason] of [
    ['zz:1', 'there is no endpoint type zz\nhint: there are '],
    ['loop:x', 'the port must be a number from 0 to 65535, not x\n'],
  ] as const) {
    const ended = await runner(run('check'), { cwd, env: { ...env, ASK_FOR: asked } })
    assert.ok(ended.stderr.startsWith(`runner: cannot use ${asked}: ${reason}`), ended.stderr)
    assert.equal(ended.status, 64)
  }
})

for (const [listen, line] of [
  [
    'loop:99999',
    'cannot use --listen loop:99999: the port must be a number from 0 to 65535, not 99999',
  ],
  ['loop:1:by=x', 'cannot use --listen loop:1:by=x: by is not for loop:\nhint: leave it out'],
  [
    'zz:1',
    'cannot use --listen zz:1: there is no endpoint type zz\nhint: there are tcp, tcp6, ssl, tls, unix, systemd, fd, loop, other',
  ],
  [
    'client:1',
    'cannot use --listen client:1: there is no endpoint type client\nhint: there are tcp, tcp6, ssl, tls, unix, systemd, fd, loop, other',
  ],
] as const) {
  test(`--listen ${listen} is a usage error, in a check and in a run`, async (t) => {
    const cwd = withTypes(t)
    typeDropin(cwd, 'client', '', 'Client')
    for (const how of ['check', '--nodaemon']) {
      const { status, stderr } = await runner([how, 'listens', '--listen', listen], { cwd, env })
      assert.deepEqual([status, stderr], [64, `runner: ${line}\n`])
    }
  })
}

test('an endpoint type that others may write to is not used', {
  skip: process.getuid?.() !== 0 && 'root only',
}, async (t) => {
  const cwd = withTypes(t)
  chmodSync(join(cwd, 'plugins', 'loop.js'), 0o666)
  const { status, stderr } = await runner(['check', 'listens', '--listen', 'loop:0'], { cwd, env })
  assert.match(stderr, /there is no endpoint type loop\n/)
  assert.ok(!existsSync(join(cwd, 'loop.loaded')))
  assert.equal(status, 64)
})

/** A plugin that connects, and tells what it was told. */
function withClient(t: TestContext): string {
  const cwd = tempDir(t)
  const body = `return clientFromString('tcp:localhost:' + args[0])`
  typeDropin(cwd, 'loop', body, 'Client')
  writeFileSync(
    join(cwd, 'plugins', 'asks.js'),
    `import { ClientService, clientFromString, defineServiceMaker, log } from 'runnerd'
    const tell = (socket) => void socket.on('data', (data) => log.msg('was told ' + data))
    export const asks = defineServiceMaker({
      tapname: 'asks',
      description: 'Connects, and tells what it was told.',
      options: { to: { endpoint: 'client', demandOption: true, describe: 'Whom to ask.' } },
      makeService: ({ to }) => new ClientService(clientFromString(to), tell),
    })
    `,
  )
  return cwd
}

test('an endpoint type of a dropin for clients is used by its prefix', async (t) => {
  const cwd = withClient(t)
  const server = net.createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const running = foreground(t, ['asks', '--to', `loop:${port}`], { cwd })
  await running.line(/was told hello/)
  assert.ok(loadedIn(cwd, 'loop').includes(String(running.pid)))
})

for (const [to, line] of [
  ['tcp:localhost:x', 'the port must be a number from 1 to 65535, not x'],
  ['fd:3', 'there is no endpoint type fd\nhint: there are tcp, tls, ssl, unix, loop'],
  ['loop:x', 'the port must be a number from 1 to 65535, not x'],
] as const) {
  test(`${to} for a client is a usage error: ${line}`, async (t) => {
    const cwd = withClient(t)
    const { status, stderr } = await runner(['check', 'asks', '--to', to], { cwd })
    // What the dropin itself finds is found where the plugin asks for it.
    const option = to === 'loop:x' ? '' : '--to '
    assert.deepEqual([status, stderr], [64, `runner: cannot use ${option}${to}: ${line}\n`])
  })
}

test('runner plugins list tells of endpoint types, and of those that can not be used', async (t) => {
  const cwd = withTypes(t)
  typeDropin(cwd, 'tcp', '')
  mkdirSync(join(cwd, 'more'))
  writeFileSync(
    join(cwd, 'more', 'both.js'),
    `const both = { parseStreamServer() {}, parseStreamClient() {} }
    export const loop = { prefix: 'loop', parseStreamServer() {} }
    export const either = { prefix: 'either', ...both }
    export const bad = { prefix: 'a:b', ...both }
    `,
  )
  const options = { cwd, env: { RUNNER_PLUGIN_PATH: join(cwd, 'more') } }
  const { stdout } = await runner(['plugins', 'list'], options)
  assert.match(stdout, /^either: +Endpoint type, for servers and clients\.\n +.*more\/both\.js$/m)
  assert.match(stdout, /^other: +Endpoint type, for servers\.\n/m)
  assert.match(stdout, /^loop: .*\n +.*plugins\/loop\.js\n +shadowed by .*more\/both\.js$/m)
  assert.match(stdout, /malformed prefix "a:b" \(export bad\)/)
  assert.match(stdout, /endpoint type tcp is runner's own \(export tcpParser\)/)
  const json = JSON.parse((await runner(['plugins', 'list', '--json'], options)).stdout)
  const either = json.find((each: { endpointType?: string }) => each.endpointType === 'either')
  assert.equal(either.tapname, null)
  assert.equal(either.path, join(cwd, 'more', 'both.js'))
  const { stdout: paths } = await runner(['plugins', 'paths'], options)
  assert.match(paths, /more \(.*\): 2 endpoint types$/m)
  // It is no plugin that can be run.
  const { stdout: list } = await runner([], options)
  assert.match(list, /\nPlugins: none found\.\n$/)
})
