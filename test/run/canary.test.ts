import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** A tree with a dropin of every sort, each of which notes when it is imported. */
function makeTree(t: TestContext): { cwd: string; imported: () => string } {
  const cwd = tempDir(t)
  const notes = join(cwd, 'notes')
  const note = (name: string): string => `appendFileSync(${JSON.stringify(notes)}, '${name} ')`
  const maker = (name: string): string => `{
    tapname: '${name}',
    description: 'Notes that it is imported.',
    options: { port: { type: 'number', default: 10000, describe: 'The port.' } },
    makeService() {}
  }`
  const esm = (name: string): string =>
    `import { appendFileSync } from 'node:fs'\n${note(name)}\nexport const maker = ${maker(name)}\n`
  const cjs = (name: string): string =>
    `const { appendFileSync } = require('node:fs')\n${note(name)}\nexports.maker = ${maker(name)}\n`
  const packed = (name: string): object => ({ name, version: '1.2.3', type: 'module', runner: {} })
  const files: Record<string, string> = {
    notes: '',
    'package.json': '{"type":"module"}',
    'plugins/esm.js': esm('esm'),
    'plugins/cjs.cjs': cjs('cjs'),
    'plugins/typed.ts': `${esm('typed')}export const port: number = 1\n`,
    'plugins/broken.js': `${esm('broken')}throw new Error('out of paper')\n`,
    'node_modules/pack/package.json': JSON.stringify(packed('pack')),
    'node_modules/pack/plugins/pack.js': esm('pack'),
    'node_modules/@s/scoped/package.json': JSON.stringify(packed('@s/scoped')),
    'node_modules/@s/scoped/plugins/scoped.js': esm('scoped'),
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true })
    writeFileSync(join(cwd, name), text)
  }
  return { cwd, imported: () => readFileSync(notes, 'utf8').trim() }
}

const names = ['cjs', 'esm', 'pack', 'scoped', 'typed']

/** What answers from the dropin cache alone; none of them starts anything. */
const questions: (readonly string[])[] = [
  [],
  ['--help'],
  ['--version'],
  ...names.flatMap((name) => [
    [name, '--help'],
    [name, '--version'],
  ]),
  ['pack:pack', '--help'],
  ['--nodaemon', 'esm', '--help'],
  ['esm', '--port', '1', '--help'],
  ['esm', '--prot', '1'],
  ['ems'],
  ['plugins', 'list'],
  ['plugins', 'list', '--json'],
  ['plugins', 'why', 'esm'],
  ['plugins', 'paths'],
  ['completion', '--for', 'zsh', '--', ''],
  ['completion', '--for', 'fish', '--', 'esm', '--p'],
]

test('no question that runner answers imports a plugin, once the dropin cache is warm', async (t) => {
  const { cwd, imported } = makeTree(t)
  await runner([], { cwd })
  assert.deepEqual(imported().split(' ').sort(), [...names, 'broken'].sort())
  // What was written as shortly before the first look as here is read twice.
  const start = Date.now()
  while (Date.now() <= start + 20) await setTimeout(5)
  await runner([], { cwd })
  writeFileSync(join(cwd, 'notes'), '')
  for (const args of questions) {
    const { stdout, stderr } = await runner(args, { cwd })
    assert.notEqual(stdout + stderr, '')
    assert.equal(imported(), '', `runner ${args.join(' ')}`)
  }
})

test('a run imports the one plugin that it runs', async (t) => {
  const { cwd, imported } = makeTree(t)
  await runner([], { cwd })
  writeFileSync(join(cwd, 'notes'), '')
  await runner(['--nodaemon', 'esm'], { cwd })
  assert.equal(imported(), 'esm')
})

test('a list imports the one plugin that changed, whatever was read before and after it', async (t) => {
  const { cwd, imported } = makeTree(t)
  const settle = async (): Promise<void> => {
    await runner([], { cwd })
    const start = Date.now()
    while (Date.now() <= start + 20) await setTimeout(5)
    await runner([], { cwd })
  }
  await settle()
  for (const [name, file] of [
    ['esm', 'plugins/esm.js'],
    ['cjs', 'plugins/cjs.cjs'],
    ['typed', 'plugins/typed.ts'],
    ['broken', 'plugins/broken.js'],
    ['scoped', 'node_modules/@s/scoped/plugins/scoped.js'],
  ] as const) {
    writeFileSync(join(cwd, 'notes'), '')
    writeFileSync(join(cwd, file), `${readFileSync(join(cwd, file), 'utf8')}// More.\n`)
    await settle()
    assert.deepEqual([...new Set(imported().split(' '))], [name])
  }
})
