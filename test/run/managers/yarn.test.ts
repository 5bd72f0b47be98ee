import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fetchAll } from '../../helpers/fetch-all.ts'
import { freePort } from '../../helpers/free-port.ts'
import { daemon, runner } from '../../helpers/runner.ts'
import { checkLayout, checkOneDoor, optionsOf, rowsOf } from './check-layout.ts'
import type { Version } from './greeters.ts'
import { Workbench } from './workbench.ts'

const bench = new Workbench()
const yarn1 = bench.manage('yarn1')
const yarn = bench.manage('yarn')

test('yarn classic, one flat node_modules: plugins are found, run and followed', async (t) => {
  if (!(await bench.has(t, 'yarn1'))) return
  const cwd = bench.project('classic')
  await yarn1(cwd, 'add', bench.runnerd, ...bench.tarballs('1.0.0'))
  checkOneDoor(join(cwd, 'node_modules'))
  const command = [join(cwd, 'node_modules', '.bin', 'runner')]
  const install = (version: Version) => yarn1(cwd, 'add', ...bench.tarballs(version))
  await checkLayout(t, { bench, command, cwd }, install)
})

test('yarn classic, global: a plugin installed by itself is found beside runner', async (t) => {
  if (!(await bench.has(t, 'yarn1'))) return
  const cwd = bench.project('unrelated')
  const places = ['--global-folder', bench.at('global'), '--prefix', bench.at('prefix')]
  const add = (...what: string[]) => yarn1(cwd, 'global', 'add', ...places, ...what)
  await add(bench.runnerd)
  await add(...bench.tarballs('1.0.0'))
  const command = [bench.at('prefix', 'bin', 'runner')]
  await checkLayout(t, { bench, command, cwd }, (version) => add(...bench.tarballs(version)))
})

for (const linker of ['node-modules', 'pnpm']) {
  test(`yarn, nodeLinker ${linker}: plugins are found, run and followed`, async (t) => {
    if (!(await bench.has(t, 'yarn'))) return
    const cwd = bench.project(linker, {
      '.yarnrc.yml': `nodeLinker: ${linker}\n`,
      'yarn.lock': '',
    })
    await yarn(cwd, 'add', bench.runnerd, ...bench.tarballs('1.0.0'))
    checkOneDoor(join(cwd, 'node_modules'))
    const bin = join(cwd, 'node_modules', '.bin', 'runner')
    // With links it makes no .bin, and `yarn runner` is the command.
    const command = existsSync(bin)
      ? [bin]
      : [process.execPath, await bench.command('yarn'), 'runner']
    const install = (version: Version) => yarn(cwd, 'add', ...bench.tarballs(version))
    await checkLayout(t, { bench, command, cwd }, install)
  })
}

test("yarn Plug'n'Play: packages in its archives are not found, a plugins directory is", async (t) => {
  if (!(await bench.has(t, 'yarn'))) return
  const local = `import { defineServiceMaker, TCPServer } from 'runnerd'
export const maker = defineServiceMaker({
  tapname: 'local',
  description: 'Is in a directory.',
  options: { port: { type: 'number' } },
  makeService: ({ port }) => new TCPServer(port, (socket) => socket.end('local\\n')),
})
`
  const cwd = bench.project('pnp', {
    '.yarnrc.yml': 'nodeLinker: pnp\n',
    'yarn.lock': '',
    'plugins/local.mjs': local,
  })
  await yarn(cwd, 'add', bench.runnerd, ...bench.tarballs('1.0.0'))
  const command = [process.execPath, await bench.command('yarn'), 'runner']
  const { status, stdout, stderr } = await runner([], optionsOf({ bench, command, cwd }))
  assert.deepEqual([status, stderr], [0, ''])
  assert.deepEqual(rowsOf(stdout), [['local', 'Is in a directory.']])
  const port = await freePort()
  const args = ['local', '--port', `${port}`]
  const running = await daemon(t, args, optionsOf({ bench, command, cwd }))
  assert.equal(String(await fetchAll(port)), 'local\n')
  await running.stop()
  const unknown = await runner(['hello'], optionsOf({ bench, command, cwd }))
  assert.equal(unknown.status, 64)
  assert.match(unknown.stderr, /^runner: cannot find plugin hello: /)
})
