import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { runner } from '../../helpers/runner.ts'
import { checkLayout, optionsOf, rowsOf } from './check-layout.ts'
import { description, greeters, type Version, writeFiles } from './greeters.ts'
import { Workbench } from './workbench.ts'

const bench = new Workbench()
const { npm } = bench

function dropin(tapname: string): string {
  return `import { defineServiceMaker, MultiService } from 'runnerd'
export const maker = defineServiceMaker({
  tapname: '${tapname}',
  description: 'Is a file of ${tapname}.',
  makeService: () => new MultiService(),
})
`
}

test('a project inside another has its own plugins first, then those of the outer', async (t) => {
  if (!(await bench.has(t))) return
  const outer = bench.project('outer', { 'plugins/outer.mjs': dropin('outer') })
  const inner = join(outer, 'services', 'inner')
  writeFiles(inner, { 'package.json': '{}', 'plugins/inner.mjs': dropin('inner') })
  const cwd = join(inner, 'a', 'deep', 'folder')
  mkdirSync(cwd, { recursive: true })
  const [near, far] = [inner, outer].map((dir) => join(dir, 'node_modules'))
  await npm(outer, 'install', bench.runnerd, ...bench.tarballs('1.0.0', ['hello', 'salute']))
  await npm(inner, 'install', bench.runnerd, ...bench.tarballs('1.1.0', ['hello']))
  const [won, lost] = [near, far].map((dir) => join(`${dir}`, 'hello-plugin', 'dist', 'plugin.js'))
  for (const installed of [near, far]) {
    const command = [join(`${installed}`, '.bin', 'runner')]
    const { status, stdout, stderr } = await runner([], optionsOf({ bench, command, cwd }))
    assert.deepEqual([status, stderr], [0, ''])
    assert.deepEqual(rowsOf(stdout), [
      ['hello', description('hello', '1.1.0')],
      ['hello', `(${lost}, shadowed by ${won}) ${description('hello', '1.0.0')}`],
      ['inner', 'Is a file of inner.'],
      ['outer', 'Is a file of outer.'],
      ['salute', description('salute', '1.0.0')],
    ])
  }
})

test('NODE_PATH: its packages are found, and its plugins directory', async (t) => {
  if (!(await bench.has(t))) return
  const [app, library] = [bench.project('app'), bench.project('library')]
  await npm(app, 'install', bench.runnerd)
  const install = (version: Version) =>
    npm(library, 'install', '--legacy-peer-deps', ...bench.tarballs(version))
  await install('1.0.0')
  const cwd = bench.project('elsewhere')
  const packages = join(library, 'node_modules')
  const command = [join(app, 'node_modules', '.bin', 'runner')]
  const layout = { bench, command, cwd, env: { NODE_PATH: packages } }
  await checkLayout(t, layout, install)
  const more = bench.project('more', { 'plugins/more.mjs': dropin('more') })
  const env = { NODE_PATH: [packages, more].join(delimiter) }
  const { stdout, stderr } = await runner([], optionsOf({ ...layout, env }))
  assert.equal(stderr, '')
  const tapnames = rowsOf(stdout).map(([tapname]) => tapname)
  assert.deepEqual(tapnames, [...Object.keys(greeters), 'more'].sort())
})
