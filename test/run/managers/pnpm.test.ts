import { join } from 'node:path'
import { test } from 'node:test'
import { checkLayout, checkList, checkOneDoor } from './check-layout.ts'
import { type Version, writeGreeter } from './greeters.ts'
import { Workbench } from './workbench.ts'

const bench = new Workbench()
const pnpm = bench.manage('pnpm')

/** The settings of a workspace, which need a project of one package too. */
function settings(...more: string[]): string {
  const lines = [`storeDir: ${bench.at('pnpm-store')}`, `cacheDir: ${bench.at('pnpm-cache')}`]
  return [...lines, ...more, ''].join('\n')
}

const linkers = {
  'its strict layout of links': 'nodeLinker: isolated',
  'nodeLinker hoisted': 'nodeLinker: hoisted',
  'a virtual store of all projects': 'enableGlobalVirtualStore: true',
}

for (const [what, setting] of Object.entries(linkers)) {
  test(`pnpm, ${what}: plugins are found, run and followed`, async (t) => {
    if (!(await bench.has(t, 'pnpm'))) return
    const name = setting.replace(/\W+/g, '-')
    const cwd = bench.project(name, { 'pnpm-workspace.yaml': settings(setting) })
    await pnpm(cwd, 'add', bench.runnerd, ...bench.tarballs('1.0.0'))
    checkOneDoor(join(cwd, 'node_modules'))
    const command = [join(cwd, 'node_modules', '.bin', 'runner')]
    const install = (version: Version) => pnpm(cwd, 'add', ...bench.tarballs(version))
    await checkLayout(t, { bench, command, cwd }, install)
  })
}

test('pnpm workspace: a member finds its own plugins and those of the root', async (t) => {
  if (!(await bench.has(t, 'pnpm'))) return
  const dependencies = { 'hello-plugin': 'workspace:*', runnerd: `file:${bench.runnerd}` }
  const top = bench.project('pnpm-workspace', {
    'pnpm-workspace.yaml': settings('packages: [members/*]', 'autoInstallPeers: false'),
    'members/app/package.json': JSON.stringify({ name: 'app', private: true, dependencies }),
  })
  const app = join(top, 'members', 'app')
  const put = async (version: Version): Promise<void> => {
    writeGreeter(join(top, 'members', 'hello'), 'hello', version)
    const salute = bench.tarballs(version, ['salute'])
    await pnpm(top, 'add', '--workspace-root', bench.runnerd, ...salute)
    await pnpm(app, 'add', ...bench.tarballs(version, ['wave']))
  }
  await put('1.0.0')
  checkOneDoor(join(app, 'node_modules'), ['wave'])
  const inApp = { bench, command: [join(app, 'node_modules', '.bin', 'runner')], cwd: app }
  const command = [join(top, 'node_modules', '.bin', 'runner')]
  const atTop = { bench, command, cwd: top, tapnames: ['salute'] } as const
  await checkLayout(t, inApp, put, [atTop, { ...inApp, command }])
})

test('pnpm workspace: each member has the version it asks for', async (t) => {
  if (!(await bench.has(t, 'pnpm'))) return
  const versions = ['1.0.0', '1.1.0'] as const
  const top = bench.project('pnpm-versions', {
    'pnpm-workspace.yaml': settings("packages: ['*']"),
    ...Object.fromEntries(versions.map((version) => [`${version}/package.json`, '{}'])),
  })
  for (const version of versions) {
    const tarballs = bench.tarballs(version, ['hello'])
    await pnpm(join(top, version), 'add', bench.runnerd, ...tarballs)
  }
  for (const version of versions) {
    const cwd = join(top, version)
    const command = [join(cwd, 'node_modules', '.bin', 'runner')]
    await checkList({ bench, command, cwd, tapnames: ['hello'] }, version)
  }
})

const globals = {
  pnpm: { title: 'a directory for each install', bin: 'bin' },
  pnpm10: { title: 'one directory for all installs', bin: '' },
} as const

for (const [name, { title, bin }] of Object.entries(globals)) {
  test(`${name} --global, ${title}: plugins are found beside runner`, async (t) => {
    const manager = name as keyof typeof globals
    if (!(await bench.has(t, manager))) return
    const home = bench.at(`${name}-home`)
    const path = `${join(home, bin)}:${bench.env.PATH}`
    const own = bench.manage(manager, { PNPM_HOME: home, PATH: path })
    const cwd = bench.project(`${name}-unrelated`)
    // Published, runnerd would be fetched for the peer; here there is none to fetch.
    const options = [
      '--config.auto-install-peers=false',
      `--store-dir=${bench.at(`${name}-store`)}`,
    ]
    const add = (...what: string[]) => own(cwd, 'add', '--global', ...options, ...what)
    await add(bench.runnerd)
    await add(...bench.tarballs('1.0.0', ['hello']))
    await add(...bench.tarballs('1.0.0', ['salute', 'wave']))
    const command = [join(home, bin, 'runner')]
    await checkLayout(t, { bench, command, cwd }, (version) => add(...bench.tarballs(version)))
  })
}
