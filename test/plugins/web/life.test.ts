import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificate } from '../../helpers/certificate.ts'
import { freePort } from '../../helpers/free-port.ts'
import { Load, page } from '../../helpers/load.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { reload, running } from '../../helpers/reloadable.ts'
import { daemon, foreground } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { ask } from './ask.ts'
import { appFile } from './serve.ts'

const env = { RUNNER_PLUGIN_PATH: ourPlugins }

/** It may be missing on a developer's machine; .ci/run installs it. */
const noCurl = spawnSync('curl', ['--version']).status === 0 ? false : 'there is no curl'

test('a daemon serves files, and stops', async (t) => {
  const cwd = tempDir(t)
  writeFileSync(join(cwd, 'index.html'), '<h1>hello</h1>')
  const port = await freePort()
  const site = await daemon(t, ['web', '--path', '.', '--port', String(port)], { cwd, env })
  await running(cwd)
  assert.equal((await ask(port, '/')).text, '<h1>hello</h1>')
  // Neither the log nor the pid file is anybody's business, but they are there.
  assert.equal((await ask(port, '/.run/')).status, 404)
  await site.stop()
  assert.match(site.log(), /\[access\] 127\.0\.0\.1 - - .*"GET \/ HTTP\/1\.1" 200 14 /)
  assert.match(site.log(), /Server Shut Down\.\n$/)
  await assert.rejects(ask(port, '/'), { code: 'ECONNREFUSED' })
})

for (const [what, args, path, length] of [
  ['files', ['--path', '.'], '/a.txt', 500],
  ['a large file', ['--path', '.'], '/large', 400_000],
  ['an app of Express', ['--app', appFile('express.mjs')], '/hello', 18],
  ['an app of Fastify', ['--app', appFile('fastify.mjs')], '/hello', 18],
] as const) {
  test(`no client of ${what} loses anything in 3 reloads`, async (t) => {
    const cwd = tempDir(t)
    writeFileSync(join(cwd, 'a.txt'), Buffer.alloc(500, '.'))
    writeFileSync(join(cwd, 'large'), Buffer.alloc(400_000, '.'))
    const port = await freePort()
    await daemon(t, ['web', ...args, '--port', String(port)], { cwd, env })
    await running(cwd)
    const load = new Load()
    const [kept, endKept] = page({ port, path }, length)
    load.add('keep-alive', 4, kept, { end: endKept })
    const [once, endOnce] = page({ port, path }, length, false)
    load.add('a connection per request', 2, once, { end: endOnce })
    for (let n = 0; n < 3; n += 1) assert.equal((await reload(cwd)).generation, n + 2)
    for (const [kind, { answered, lost }] of Object.entries(await load.stop())) {
      assert.deepEqual(lost, {}, kind)
      assert.ok(answered > 0, kind)
    }
  })
}

test('what the logger of Fastify says is in the log of the daemon', async (t) => {
  const cwd = tempDir(t)
  const fastify = import.meta.resolve('fastify')
  writeFileSync(
    join(cwd, 'app.mjs'),
    `import Fastify from '${fastify}'
    const app = Fastify({ logger: true })
    app.get('/', async (request) => {
      request.log.warn('heard')
      return 'hello'
    })
    export default app`,
  )
  const port = await freePort()
  const app = await daemon(t, ['web', '--app', 'app.mjs', '--port', String(port)], { cwd, env })
  await running(cwd)
  assert.equal((await ask(port, '/')).text, 'hello')
  await app.stop()
  assert.match(app.log(), /\[stdout#info\] \{"level":40,.*"msg":"heard"\}\n/)
})

test('after a reload it is the new app that answers; a broken one leaves the old', async (t) => {
  const cwd = tempDir(t)
  const write = (text: string): void => writeFileSync(join(cwd, 'app.mjs'), text)
  write(`export default (_request, response) => response.end('one')`)
  const port = await freePort()
  await daemon(t, ['web', '--app', 'app.mjs', '--port', String(port)], { cwd, env })
  await running(cwd)
  assert.equal((await ask(port, '/')).text, 'one')
  write(`export default () => ({ fetch: () => new Response('two') })`)
  await reload(cwd)
  assert.equal((await ask(port, '/')).text, 'two')
  write('export default 3 +')
  const { line = '' } = await reload(cwd)
  assert.match(line, /cannot serve app\.mjs: SyntaxError: Unexpected end of input/)
  assert.equal((await ask(port, '/')).text, 'two')
})

test('ssl: serves HTTP/2 and HTTP/1.1 to curl, HTTP/1.1 for Express', {
  skip: noCurl,
}, async (t) => {
  const cwd = tempDir(t)
  const tls = certificate()
  if (tls === undefined) return t.skip('there is no openssl')
  writeFileSync(join(cwd, 'key.pem'), tls.key)
  writeFileSync(join(cwd, 'cert.pem'), tls.cert)
  mkdirSync(join(cwd, 'www'))
  writeFileSync(join(cwd, 'www', 'a.txt'), 'hello')
  const large = randomBytes(2_000_000).toString('hex')
  writeFileSync(join(cwd, 'www', 'large'), large)
  const hasHTTP2 = execFileSync('curl', ['--version'], { encoding: 'utf8' }).includes('HTTP2')
  const curl = (port: number, path: string, ...args: string[]): string => {
    const fixed = ['-sS', '--cacert', join(cwd, 'cert.pem'), '-w', ' %{http_version} %{http_code}']
    return execFileSync('curl', [...fixed, ...args, `https://localhost:${port}${path}`], {
      encoding: 'utf8',
      maxBuffer: 10_000_000,
    })
  }
  const serving = async (name: string, ...args: string[]): Promise<number> => {
    const port = await freePort()
    const own = join(cwd, name)
    mkdirSync(own)
    const files = `privateKey=${join(cwd, 'key.pem')}:certKey=${join(cwd, 'cert.pem')}`
    const listen = `ssl:${port}:${files}:interface=localhost`
    foreground(t, ['web', ...args, '--listen', listen], { cwd: own, env })
    await running(own)
    return port
  }
  const site = await serving('site', '--path', join(cwd, 'www'))
  const app = await serving('express', '--app', appFile('express.mjs'))
  const hono = await serving('hono', '--app', appFile('hono.mjs'))
  assert.equal(curl(site, '/a.txt', '--http1.1'), 'hello 1.1 200')
  assert.equal(curl(site, '/a.txt', '--http1.1', '-r', '-2'), 'lo 1.1 206')
  assert.equal(curl(app, '/hello'), '{"from":"Express"} 1.1 200')
  assert.ok(curl(site, '/large', '--http1.1') === `${large} 1.1 200`)
  if (!hasHTTP2) return t.diagnostic('this curl has no HTTP/2')
  assert.equal(curl(site, '/a.txt'), 'hello 2 200')
  assert.equal(curl(site, '/a.txt', '-r', '1-2'), 'el 2 206')
  assert.equal(curl(site, '/none'), 'Not Found\n 2 404')
  assert.ok(curl(site, '/large') === `${large} 2 200`)
  const parts = curl(site, '/large', '-r', '0-999999,-5')
  for (const part of [large.slice(0, 1_000_000), large.slice(-5)]) {
    assert.ok(parts.includes(`\r\n\r\n${part}\r\n--`))
  }
  assert.equal(curl(hono, '/hello'), '{"from":"Hono"} 2 200')
})
