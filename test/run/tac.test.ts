import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fetchAll } from '../helpers/fetch-all.ts'
import { freePort } from '../helpers/free-port.ts'
import { ecstasy, root } from '../helpers/paths.ts'
import { daemon, foreground, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { until } from '../helpers/until.ts'

const body = (port: number): string => `
const application = new Application('greeter')
new TCPServer(${port}, (socket) => socket.end('hello\\n'), { interface: 'localhost' })
  .setServiceParent(application)
`
const esm = `import { Application, TCPServer } from 'runnerd'\n`
const sources: { readonly [extension: string]: (port: number) => string } = {
  js: (port) => `${esm}${body(port)}export { application }\n`,
  mjs: (port) => `${esm}${body(port)}export { application }\n`,
  cjs: (port) =>
    `const { Application, TCPServer } = require('runnerd')\n${body(port)}module.exports = { application }\n`,
  ts: (port) =>
    `${esm}${body(port)}const typed: Application = application\nexport { typed as application }\n`,
  mts: (port) => `${esm}${body(port)}export { application }\nexport type Port = number\n`,
}

for (const [extension, source] of Object.entries(sources)) {
  test(`runner --tac runs the application of a .${extension} file`, async (t) => {
    const cwd = tempDir(t)
    const port = await freePort()
    const file = `greeter.tac.${extension}`
    writeFileSync(join(cwd, 'package.json'), '{"type":"module"}')
    writeFileSync(join(cwd, file), source(port))
    const running = foreground(t, ['--tac', file], { cwd })
    await running.line(/TCPServer starting on \d+/)
    await running.line(/Starting factory/)
    const { stop } = { stop: () => running.child.kill('SIGTERM') }
    assert.equal(String(await answered(port)), 'hello\n')
    stop()
    assert.equal((await running.ended).signal, 'SIGTERM')
  })
}

/** A foreground run prints that it is bound a moment before it accepts. */
async function answered(port: number): Promise<Buffer> {
  return await until(`port ${port} to accept`, async () => {
    try {
      return await fetchAll(port)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
      return undefined
    }
  })
}

test('a directory is no tac file', async (t) => {
  const cwd = tempDir(t)
  mkdirSync(join(cwd, 'x.tac'))
  const { status, stdout, stderr } = await runner(['check', '--tac', 'x.tac'], { cwd })
  assert.deepEqual([status, stdout], [66, ''])
  assert.match(stderr, /^runner: cannot load \S+x\.tac: it is a directory\n$/)
})

test('a tac file daemonizes like a plugin', async (t) => {
  const cwd = tempDir(t)
  const port = await freePort()
  writeFileSync(join(cwd, 'greeter.tac.mjs'), (sources.mjs as (port: number) => string)(port))
  const { stop } = await daemon(t, ['--tac', 'greeter.tac.mjs'], { cwd })
  assert.equal(String(await fetchAll(port)), 'hello\n')
  await stop()
})

const broken: [name: string, text: string | undefined, line: RegExp, status: number][] = [
  ['is missing', undefined, /cannot load .*x\.tac\.mjs: no such file/, 66],
  ['does not parse', 'this is no code', /cannot load .*x\.tac\.mjs: /, 70],
  ['throws', "throw new Error('tac trouble')", /cannot load .*x\.tac\.mjs: tac trouble/, 70],
  [
    'exports no application',
    'export const a = 1',
    /cannot load .*x\.tac\.mjs: it exports no application\nhint: /,
    78,
  ],
  ['exports another thing', 'export const application = 5', /its application is none/, 78],
]

for (const [name, text, line, expected] of broken) {
  test(`a tac file that ${name} is said in one line`, async (t) => {
    const cwd = tempDir(t)
    if (text !== undefined) writeFileSync(join(cwd, 'x.tac.mjs'), text)
    for (const args of [
      ['-n', '-y', 'x.tac.mjs'],
      ['-y', 'x.tac.mjs'],
    ]) {
      const { status, stderr } = await runner(args, { cwd })
      assert.match(stderr, line)
      assert.match(stderr, /^runner: [^\n]+\n(hint: [^\n]+\n)?$/)
      assert.equal(status, expected)
    }
  })
}

test('the tac files of this repository do nothing visible under node alone', () => {
  const files = [
    'fastpoetry/poetry.tac.ts',
    'fastpoetry/two-poems.tac.ts',
    'poetryproxy/proxy.tac.ts',
  ]
  const canStrip = Boolean((process.features as { typescript?: unknown }).typescript)
  for (const file of files) {
    const path = join(root, 'plugins', file)
    const jiti = join(root, 'packages', 'plugin', 'node_modules', 'jiti', 'lib', 'jiti-cli.mjs')
    const args = canStrip ? [path] : [jiti, path]
    const out = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe', cwd: root })
    assert.equal(out, '')
  }
})

/** Copies a tac file beside what it imports, with ports of this test's own. */
function withPorts(
  t: Parameters<typeof tempDir>[0],
  file: string,
  ports: Record<string, number>,
): string {
  const cwd = tempDir(t)
  cpSync(join(root, 'poetry'), join(cwd, 'poetry'), { recursive: true })
  mkdirSync(join(cwd, 'node_modules', '@runnerd'), { recursive: true })
  let text = readFileSync(join(root, 'plugins', file), 'utf8')
  for (const [from, to] of Object.entries(ports)) text = text.replaceAll(from, String(to))
  writeFileSync(
    join(cwd, 'x.tac.ts'),
    text
      .replaceAll('@runnerd/', `${root}/plugins/`)
      .replace(/(plugins\/\w+)'/g, "$1/dist/index.js'"),
  )
  return cwd
}

test('version 2.0 of the poetry server, a tac file, serves the poem', async (t) => {
  const port = await freePort()
  const cwd = withPorts(t, 'fastpoetry/poetry.tac.ts', { 10000: port })
  const running = foreground(t, ['--tac', 'x.tac.ts'], { cwd })
  await running.line(/loaded a poem from: poetry\/ecstasy\.txt/)
  assert.deepEqual(await answered(port), readFileSync(ecstasy))
})

test('two poems are served on two ports, each under its own collection', async (t) => {
  const [one, two] = [await freePort(), await freePort()]
  const cwd = withPorts(t, 'fastpoetry/two-poems.tac.ts', { 10000: one, 10001: two })
  await daemon(t, ['--tac', 'x.tac.ts'], { cwd })
  assert.deepEqual(await fetchAll(one), readFileSync(ecstasy))
  assert.deepEqual(await fetchAll(two), readFileSync(join(root, 'poetry', 'sonnet-18.txt')))
})

test('the proxy’s tac file serves the poem of another server', async (t) => {
  const [upstream, port] = [await freePort(), await freePort()]
  const poetry = tempDir(t)
  const args = ['fastpoetry', '--port', String(upstream), '--poem', ecstasy]
  await daemon(t, args, { cwd: poetry, env: { RUNNER_PLUGIN_PATH: join(root, 'plugins') } })
  const cwd = withPorts(t, 'poetryproxy/proxy.tac.ts', { 10000: upstream, 10001: port })
  await daemon(t, ['--tac', 'x.tac.ts'], { cwd })
  assert.deepEqual(await fetchAll(port), readFileSync(ecstasy))
})
