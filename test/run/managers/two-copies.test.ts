import assert from 'node:assert/strict'
import { realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fetchAll } from '../../helpers/fetch-all.ts'
import { freePort } from '../../helpers/free-port.ts'
import { root } from '../../helpers/paths.ts'
import { daemon, runner } from '../../helpers/runner.ts'
import { rowsOf } from './check-layout.ts'
import { Workbench } from './workbench.ts'

/** A library of services: it has the runnerd of the project that it is in. */
const PARTS = `import { Application, log, MultiService, TCPServer } from 'runnerd'
export const application = () => new Application('parts')
export const group = () => new MultiService()
export const server = (port) =>
  new TCPServer(port, (socket) => {
    log.msg('a line of the library')
    socket.end('from the library\\n')
  }, { interface: 'localhost' })
`

/** A plugin that carries a runnerd of its own, and puts services of both into one tree. */
const CARRIER = `import { defineServiceMaker, log, MultiService, Service, UsageError } from 'runnerd'
import { group, server } from 'parts'

class Noisy extends Service {
  async privilegedStartService() { log.msg('noisy is privileged') }
  startService() { super.startService(); log.msg('noisy starts') }
  stopService() { super.stopService(); log.msg('noisy stops') }
}

export const service = async (port) => {
  const top = group()
  const below = new MultiService()
  await below.setServiceParent(top)
  await new Noisy().setServiceParent(below)
  await server(port).setServiceParent(below)
  return top
}

export const carrier = defineServiceMaker({
  tapname: 'carrier',
  description: 'Carries a runnerd.',
  options: { port: { type: 'number', default: 0 }, refuse: { type: 'boolean' } },
  postOptions({ refuse }) {
    if (refuse) throw new UsageError('it is told to refuse')
  },
  makeService: ({ port }) => service(port),
})
`

/** The same with the classes of Twisted's way. */
const CLASSIC = `import { Options, ServiceMaker, UsageError } from 'runnerd'

export class ClassicOptions extends Options {
  optFlags = [['refuse', 'r', 'Refuse.']]
  optParameters = [['port', 'p', 0, 'The port.', Number]]
  postOptions() {
    if (this.refuse) throw new UsageError('it is told to refuse')
  }
}

class Classic {
  tapname = 'classic'
  description = 'Carries classes.'
  options = ClassicOptions
  async makeService({ port }) {
    const { service } = await import('./carrier.js')
    return await service(port)
  }
}

export const classic = new Classic()
`

const TAC = `import { application as make } from 'parts'
import { service } from 'carrier-plugin'
export const application = make()
await (await service(Number(process.env.PORT))).setServiceParent(application)
`

const bench = new Workbench()
const app = bench.at('app')
let installing: Promise<void> | undefined

async function isInstalled(t: TestContext): Promise<boolean> {
  if (!(await bench.has(t))) return false
  installing ??= install()
  await installing
  return true
}

/** runner is this repository's; the library has a second copy, and the plugin a third. */
async function install(): Promise<void> {
  const common = { version: '1.0.0', type: 'module' }
  const carrier = bench.project('carrier', {
    'package.json': JSON.stringify({
      ...common,
      name: 'carrier-plugin',
      exports: './plugins/carrier.js',
      runner: {},
      dependencies: { runnerd: '^0.1.0' },
      bundleDependencies: ['runnerd'],
      peerDependencies: { parts: '*' },
    }),
    'plugins/carrier.js': CARRIER,
    'plugins/classic.js': CLASSIC,
  })
  const peerDependencies = { runnerd: '^0.1.0' }
  const parts = bench.project('parts', {
    'package.json': JSON.stringify({
      ...common,
      name: 'parts',
      exports: './parts.js',
      peerDependencies,
    }),
    'parts.js': PARTS,
  })
  await bench.npm(carrier, 'install', '--no-save', '--legacy-peer-deps', bench.runnerd)
  const tarballs = bench.at('tarballs')
  await bench.npm(bench.root, 'pack', '--pack-destination', tarballs, carrier, parts)
  bench.project('app', { 'app.tac.mjs': TAC })
  const packed = ['parts', 'carrier-plugin'].map((name) => join(tarballs, `${name}-1.0.0.tgz`))
  await bench.npm(app, 'install', bench.runnerd, ...packed)
}

function run(...args: string[]): ReturnType<typeof runner> {
  return runner(args, { cwd: app, env: bench.env })
}

/** What a daemon of all three copies did, by its log and its port. */
async function checkDaemon(t: TestContext, args: string[], port: number): Promise<void> {
  const env = { ...bench.env, PORT: `${port}` }
  rmSync(join(app, 'runner.log'), { force: true })
  const running = await daemon(t, args, { cwd: app, env })
  assert.equal(running.ended.stderr, '')
  assert.equal(String(await fetchAll(port)), 'from the library\n')
  await running.stop()
  const lines = running
    .log()
    .match(/(?<=\] )(noisy .*|a line .*|\(TCP Port .*|Server Shut Down\.)/g)
  assert.deepEqual(lines, [
    'noisy is privileged',
    'noisy starts',
    'a line of the library',
    `(TCP Port ${port} Closed)`,
    'noisy stops',
    'Server Shut Down.',
  ])
  assert.doesNotMatch(running.log(), /winston|Unhandled|Error/)
}

test('three copies of runnerd are three', async (t) => {
  if (!(await isInstalled(t))) return
  const of = (name: string): string =>
    createRequire(realpathSync(join(app, 'node_modules', name, 'package.json'))).resolve('runnerd')
  const doors = [of('parts'), of('carrier-plugin'), join(root, 'packages/runner/bundle/index.js')]
  assert.deepEqual(doors.slice(0, 2), [
    join(app, 'node_modules/runnerd/bundle/index.js'),
    join(app, 'node_modules/carrier-plugin/node_modules/runnerd/bundle/index.js'),
  ])
  assert.equal(new Set(doors.map((door) => realpathSync(door))).size, 3)
})

test('a plugin with its own copy is listed, and helped with', async (t) => {
  if (!(await isInstalled(t))) return
  const { status, stdout, stderr } = await run()
  assert.deepEqual([status, stderr], [0, ''])
  const rows = [
    ['carrier', 'Carries a runnerd.'],
    ['classic', 'Carries classes.'],
  ]
  assert.deepEqual(rowsOf(stdout), rows)
  assert.match((await run('classic', '--help')).stdout, /^ +-p, --port +The port\./m)
})

for (const tapname of ['carrier', 'classic']) {
  test(`${tapname}: services of three copies are one tree, with one log`, async (t) => {
    if (!(await isInstalled(t))) return
    const port = await freePort()
    await checkDaemon(t, [tapname, '--port', `${port}`], port)
  })

  test(`${tapname}: a UsageError of the plugin's copy is one line and status 64`, async (t) => {
    if (!(await isInstalled(t))) return
    for (const args of [
      [tapname, '--refuse'],
      ['--nodaemon', '--logfile', 'x.log', tapname, '--refuse'],
    ]) {
      const { status, stderr } = await run(...args)
      assert.equal(status, 64)
      assert.match(stderr, /^runner: [^\n]*it is told to refuse\n(hint: [^\n]*\n)?$/)
    }
  })
}

test('a tac file may export an Application of another copy than runner', async (t) => {
  if (!(await isInstalled(t))) return
  await checkDaemon(t, ['--tac', 'app.tac.mjs'], await freePort())
})
