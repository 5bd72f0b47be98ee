import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkLayout, checkOneDoor } from './check-layout.ts'
import { type Version, writeGreeter } from './greeters.ts'
import { Workbench } from './workbench.ts'

const bench = new Workbench()
const { npm } = bench

test('npm, one flat node_modules: plugins are found, run and followed', async (t) => {
  if (!(await bench.has(t))) return
  const cwd = bench.project('flat')
  await npm(cwd, 'install', bench.runnerd, ...bench.tarballs('1.0.0'))
  checkOneDoor(join(cwd, 'node_modules'))
  const command = [join(cwd, 'node_modules', '.bin', 'runner')]
  const install = (version: Version) => npm(cwd, 'install', ...bench.tarballs(version))
  await checkLayout(t, { bench, command, cwd }, install)
})

test('npm workspaces: a plugin that is a member is found beside those installed', async (t) => {
  if (!(await bench.has(t))) return
  const top = bench.project('workspaces', {
    'package.json': '{ "private": true, "workspaces": ["members/*"] }',
    'members/app/package.json':
      '{ "name": "app", "private": true, "dependencies": { "hello-plugin": "^1.0.0" } }',
  })
  const put = async (version: Version): Promise<void> => {
    writeGreeter(join(top, 'members', 'hello'), 'hello', version)
    const others = bench.tarballs(version, ['salute', 'wave'])
    await npm(top, 'install', bench.runnerd, ...others)
  }
  await put('1.0.0')
  checkOneDoor(join(top, 'node_modules'))
  const command = [join(top, 'node_modules', '.bin', 'runner')]
  const inMember = { bench, command, cwd: join(top, 'members', 'app') }
  await checkLayout(t, { bench, command, cwd: top }, put, [inMember])
})

test('npm --global: a plugin installed by itself is found beside runner', async (t) => {
  if (!(await bench.has(t))) return
  const prefix = bench.at('global')
  const cwd = bench.project('unrelated')
  // Published, runnerd would be fetched for the peer; here there is none to fetch.
  const add = (...what: string[]) =>
    npm(cwd, 'install', '--global', '--prefix', prefix, '--legacy-peer-deps', ...what)
  await add(bench.runnerd)
  await add(...bench.tarballs('1.0.0'))
  const command = [join(prefix, 'bin', 'runner')]
  await checkLayout(t, { bench, command, cwd }, (version) => add(...bench.tarballs(version)))
})

test('npm link, install ../folder: a plugin with a runnerd of its own works', async (t) => {
  if (!(await bench.has(t))) return
  const [cwd, linked, folder] = [bench.project('app'), bench.at('linked'), bench.at('folder')]
  const env = { npm_config_prefix: bench.at('links') }
  const put = async (version: Version): Promise<void> => {
    writeGreeter(linked, 'hello', version)
    writeGreeter(folder, 'salute', version)
  }
  await put('1.0.0')
  mkdirSync(bench.at('links', 'lib'), { recursive: true })
  for (const dir of [linked, folder]) await npm(dir, 'install', '--no-save', bench.runnerd)
  await npm(cwd, 'install', bench.runnerd)
  await npm(cwd, 'install', '--install-links=false', '--legacy-peer-deps', folder)
  await bench.run(linked, 'npm', ['link', '--legacy-peer-deps'], env)
  await bench.run(cwd, 'npm', ['link', '--legacy-peer-deps', 'hello-plugin'], env)
  const command = [join(cwd, 'node_modules', '.bin', 'runner')]
  await checkLayout(t, { bench, command, cwd, tapnames: ['hello', 'salute'] }, put)
})
