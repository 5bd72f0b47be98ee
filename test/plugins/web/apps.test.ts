import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { get, type ServerResponse } from 'node:http'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as Load from '../../../plugins/web/dist/load-app.d.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { runner } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { appFile, serve } from './serve.ts'

/** Which app, what it says of itself, what it is taken for, whether it has errors and ways of its own. */
const apps: readonly [file: string, from: string, kind: string, bad?: number, none?: number][] = [
  ['express.mjs', 'Express', 'Express', 500, 404],
  ['express.mjs#router', 'router', 'the function router', 500, 404],
  ['fastify.mjs', 'Fastify', 'Fastify', 500, 404],
  ['koa.mjs', 'Koa', 'Koa', 500, 404],
  ['hono.mjs', 'Hono', 'Hono', 500, 404],
  ['several.mjs#bare', 'bare', 'the function bare', 500, 200],
  ['several.mjs#middleware', 'middleware', 'the function middleware', 500, 404],
  ['several.mjs#worker', 'worker', 'a fetch handler', 500, 404],
  ['several.mjs#fetching', 'worker', 'a fetch handler', 500, 404],
  ['several.mjs#factory', 'bare', 'the function bare', 500, 200],
  ['several.mjs#promise', 'worker', 'a fetch handler', 500, 404],
  ['several.mjs#server', 'bare', 'a server of Node', 500, 200],
  ['plain.cjs', 'CommonJS', 'a function'],
  ['named.cjs', 'CommonJS by name', 'Express', 500, 404],
  ['named.cjs#made', 'CommonJS by name', 'Express', 500, 404],
  ['typed.ts', 'TypeScript', 'the function typed'],
]

for (const [file, from, kind, bad, none] of apps) {
  test(`${file} is served: what it answers, what it throws, what it doesn't know`, async (t) => {
    const named = appFile(file)
    const app = await serve(t, '--app', named)
    assert.ok(app.log.includes(`[-] loaded ${named}: ${kind}`), app.log.join('\n'))
    const { status, text } = await app.get('/hello')
    assert.deepEqual([status, JSON.parse(text)], [200, { from }])
    if (bad) assert.equal((await app.get('/bad')).status, bad)
    if (none) assert.equal((await app.get('/none')).status, none)
    assert.equal((await app.get('/hello', {}, 'HEAD')).text, '')
    assert.equal((await app.get('/hello')).status, 200, 'it goes on')
  })
}

test('an app is found by a URL, and in a package by what that exports, to import only too', async (t) => {
  const cwd = tempDir(t)
  const dir = join(cwd, 'node_modules', 'poems')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'app.js'), 'export default (_, response) => response.end("it")')
  const named = { name: 'poems', type: 'module', exports: { import: './app.js' } }
  writeFileSync(join(dir, 'package.json'), JSON.stringify(named))
  const { href } = pathToFileURL(join(dir, 'app.js'))
  for (const each of [dir, href, `${href}#default`]) {
    const app = await serve(t, '--app', each)
    assert.equal((await app.get('/')).text, 'it', each)
  }
  const env = { RUNNER_PLUGIN_PATH: ourPlugins }
  const found = await runner(['check', 'web', '--app', 'poems'], { cwd, env })
  assert.deepEqual([found.status, found.stderr], [0, ''])
  for (const each of ['http', 'node:http', 'file://elsewhere/app.js', 'https://localhost/app.js']) {
    const message = `cannot serve ${each}: there is no such module`
    await assert.rejects(serve(t, '--app', each), { code: 'ERR_APP_NOT_FOUND', message })
  }
})

test('CommonJS in TypeScript is served by what it exports as a whole', async (t) => {
  const dir = tempDir(t)
  for (const [file, text] of [
    ['a.cts', 'module.exports = (_: unknown, response: any): void => response.end("it")'],
    ['b.ts', 'exports.app = (_: unknown, response: any): void => response.end("it")'],
    [
      'c.ts',
      `import http = require('node:http')
      const server = http.createServer((_, response) => response.end('it'))
      export = server`,
    ],
  ] as const) {
    const named = join(dir, file)
    writeFileSync(named, text)
    const app = await serve(t, '--app', named)
    assert.equal((await app.get('/')).text, 'it', file)
  }
})

test('what an app throws is in the log, with where it did', async (t) => {
  const app = await serve(t, '--app', appFile('several.mjs#bare'))
  assert.equal((await app.get('/bad')).text, 'Internal Server Error\n')
  await app.line(/^\[App\] Unhandled Error/)
  assert.match(app.log.join('\n'), /Error: bad luck\n.*several\.mjs:\d+/)
})

test('a fetch handler needs nothing beside it', async (t) => {
  const named = join(tempDir(t), 'app.mjs')
  writeFileSync(
    named,
    `export async function fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/none') return 'no Response'
      const headers = [['set-cookie', 'a=1'], ['set-cookie', 'b=2']]
      return new Response(request.method + await request.text(), { status: 201, headers })
    }
    export function close() { globalThis.webIsClosed = true }`,
  )
  const app = await serve(t, '--app', named)
  const { status, headers, text } = await app.get('/', {}, 'POST')
  assert.deepEqual([status, headers['set-cookie'], text], [201, ['a=1', 'b=2'], 'POST'])
  assert.equal((await app.get('/none')).status, 500)
  await app.line(/Unhandled Error/)
  assert.match(app.log.join('\n'), /TypeError: The app returned no Response/)
  assert.ok(!('webIsClosed' in globalThis))
  await app.stop()
  assert.ok('webIsClosed' in globalThis)
})

test('what is no request to Hono is answered 400, and is nobody’s error', async (t) => {
  const app = await serve(t, '--app', appFile('hono.mjs'))
  assert.equal((await app.get('/hello', { host: 'a b' })).status, 400)
  assert.equal((await app.get('*', {}, 'OPTIONS')).status, 400)
  assert.ok(!app.log.some((line) => line.includes('Error')), app.log.join('\n'))
})

test('an app is closed at the stop, when its server has stopped', async (t) => {
  for (const [file, kind] of [
    ['fastify.mjs', 'Fastify'],
    ['hono.mjs', 'Hono'],
  ] as const) {
    const app = await serve(t, '--app', appFile(file))
    await app.stop()
    const at = (pattern: RegExp): number => app.log.findIndex((line) => pattern.test(line))
    const closed = at(new RegExp(`closed the app: ${kind}$`))
    assert.ok(at(/Closed\)$/) !== -1 && at(/Closed\)$/) < closed, app.log.join('\n'))
  }
})

test('a drain is told to the app before its connections end, at a stop too, and once', async (t) => {
  const told = globalThis as { webDrains?: number }
  for (const isReload of [true, false]) {
    delete told.webDrains
    const app = await serve(t, '--app', appFile('drains.mjs'), '--close-timeout', '20')
    const [events] = await once(get({ host: '127.0.0.1', port: app.port }), 'response')
    const ended = events.toArray()
    if (isReload) await app.drain()
    await app.stop()
    assert.equal(String(Buffer.concat(await ended)), 'data: hello\n\nevent: bye\n\n')
    assert.equal(told.webDrains, 1)
  }
})

test('a stop waits for answers that are under way, for --close-timeout and no longer', async (t) => {
  const begun = async (timeout: string) => {
    const app = await serve(t, '--app', appFile('asked.mjs'), '--close-timeout', timeout)
    const asked = new Promise<ServerResponse>((resolve) => {
      Object.assign(globalThis, {
        webAsked: (_: unknown, response: ServerResponse) => resolve(response),
      })
    })
    const answer = app.get('/')
    answer.catch(() => {})
    return { app, answer, response: await asked }
  }
  const patient = await begun('600')
  const hasty = await begun('0.6')
  const stops = [patient.app.stop(), hasty.app.stop()]
  await assert.rejects(hasty.answer, { code: 'ECONNRESET' })
  patient.response.end('at last')
  assert.equal((await patient.answer).text, 'at last')
  await Promise.all(stops)
})

test('an upgrade goes to a server that wants it, and is a request to others', async (t) => {
  const headers = { connection: 'upgrade', upgrade: 'echo' }
  const upgrading = await serve(t, '--app', appFile('several.mjs#server'))
  const asked = get({ host: '127.0.0.1', port: upgrading.port, headers })
  const [, socket, head] = await once(asked, 'upgrade')
  assert.equal(String(Buffer.concat([head, ...(await socket.toArray())])), 'hello')
  const other = await serve(t, '--app', appFile('several.mjs#bare'))
  assert.equal((await other.get('/', headers)).status, 200)
})

/** What the operator reads of an app that can't be served. */
const refused: readonly [file: string, reason: RegExp, status: number | undefined][] = [
  ['listens.mjs', /^it listens on port 3999 itself$/, 78],
  ['awaits-listening.mjs', /^it listens on port 3998 itself$/, 78],
  ['throws.mjs', /^no database today$/, undefined],
  [
    'needs.mjs',
    /^Cannot find package 'a-package-that-is-not-there' imported from .*needs\.mjs$/,
    undefined,
  ],
  ['none.mjs', /^it exports no app$/, 78],
  ['gone.mjs', /^there is no such module$/, 66],
  ['several.mjs#nothing', /^its export nothing is no app$/, 78],
  ['several.mjs#Unmade', /^its export Unmade is no app$/, 78],
  ['several.mjs#empty', /^its export empty is no app$/, 78],
  ['several.mjs#other', /^it does not export other$/, 78],
]

for (const [file, reason, exitStatus] of refused) {
  test(`${file} is refused in one line that says why`, async (t) => {
    const named = appFile(file)
    await assert.rejects(serve(t, '--app', named), (error: Error & { exitStatus?: number }) => {
      assert.ok(error.message.startsWith(`cannot serve ${named}: `), error.message)
      assert.match(error.message.slice(`cannot serve ${named}: `.length), reason)
      assert.equal(error.exitStatus, exitStatus)
      return true
    })
  })
}

test('where the mistake is that a module cannot be read for is in the line', async (t) => {
  const dir = tempDir(t)
  for (const [name, text, reason] of [
    [
      'a.mjs',
      'export const a = 1\nexport default ((\n',
      'SyntaxError: Unexpected end of input, FILE:3',
    ],
    ['b.cjs', 'const b = 1\nmodule.exports = ]\n', "SyntaxError: Unexpected token ']', FILE:2"],
    [
      'c.ts',
      'const a: number = 1\nexport default = a\n',
      'ParseError: Unexpected token, FILE:2:15',
    ],
  ] as const) {
    const file = join(dir, name)
    writeFileSync(file, text)
    const message = `cannot serve ${file}: ${reason.replace('FILE', file)}`
    await assert.rejects(serve(t, '--app', file), { message })
  }
})

test('an app that may not be read is refused in the words of the system, and by its status', async (t) => {
  const dir = tempDir(t)
  chmodSync(dir, 0o755)
  const { loadApp }: typeof Load = await import(
    pathToFileURL(join(ourPlugins, 'web', 'dist', 'load-app.js')).href
  )
  const isRoot = process.geteuid?.() === 0
  for (const name of ['a.mjs', 'b.cjs']) {
    const file = join(dir, name)
    writeFileSync(file, '', { mode: 0 })
    if (isRoot) process.seteuid?.(12345)
    const said = await loadApp(file).catch((error) => error)
    if (isRoot) process.seteuid?.(0)
    assert.deepEqual(
      [said.message, said.exitStatus],
      [`cannot serve ${file}: permission denied`, 77],
    )
  }
})

test('runner says what is wrong with an app in a line and a status, and ends', async (t) => {
  const cwd = tempDir(t)
  const env = { RUNNER_PLUGIN_PATH: ourPlugins }
  for (const [file, status, line, hint] of [
    [
      'listens.mjs',
      78,
      'it listens on port 3999 itself',
      'export the app and leave out its listen()',
    ],
    ['awaits-listening.mjs', 78, 'it listens on port 3998 itself', 'export the app'],
    ['throws.mjs', 70, 'no database today', 'its log is '],
  ] as const) {
    const named = relative(cwd, appFile(file))
    const ended = await runner(['web', '--port', '0', '--app', named], { cwd, env })
    assert.equal(ended.status, status, ended.stderr)
    assert.ok(
      ended.stderr.startsWith(`runner: cannot serve ${named}: ${line}\nhint: ${hint}`),
      ended.stderr,
    )
    assert.equal(ended.stderr.split('\n').length, 3)
  }
})

test('whatever an app throws, one line says so, in the log too', async (t) => {
  const cwd = tempDir(t)
  const env = { RUNNER_PLUGIN_PATH: ourPlugins }
  for (const [code, reason] of [
    ['throw null', 'it threw null'],
    ['throw undefined', 'it threw undefined'],
    ["throw 'no ink\\nat all'", 'no ink'],
    ['throw { get message() { throw 1 } }', 'it threw what cannot be shown'],
    ['throw Object.create(null)', 'it threw what cannot be shown'],
    [
      'throw new (class extends Error { get message() { throw 1 } })()',
      'it threw what cannot be shown',
    ],
    ['export default async () => { throw null }', 'it threw null'],
  ] as const) {
    writeFileSync(join(cwd, 'app.mjs'), code)
    const words = ['--nodaemon', '--pidfile=', 'web', '--port', '0', '--app', 'app.mjs']
    const { status, stdout, stderr } = await runner(words, { cwd, env })
    assert.deepEqual([status, stderr], [70, `runner: cannot serve app.mjs: ${reason}\n`])
    const logged = stdout.split('\n').map((line) => line.replace(/^\S+ \[-\] /, ''))
    const about = logged.filter((line) => !/^(Log opened|runner \d|Server Shut|$)/.test(line))
    assert.deepEqual(about, [`cannot serve app.mjs: ${reason}`])
  }
})
