import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { AuthorProject } from './helpers/author-project.ts'
import { declared, doorNames, examples } from './helpers/documented.ts'
import { root } from './helpers/paths.ts'
import { tempDir } from './helpers/temp-dir.ts'
import { installTools, run, tsc } from './helpers/tools.ts'

/** The oldest TypeScript that the types are for: the first with `const` type parameters. */
const OLDEST = '5.0.4'

const REQUIRES = `import runnerd = require('runnerd')
const maker: runnerd.IServiceMaker = runnerd.defineServiceMaker({
  tapname: 'required',
  description: 'Is required.',
  options: { port: { type: 'number', default: 7000 } },
  makeService: ({ port }) => new runnerd.TCPServer(port.valueOf(), (socket) => socket.end()),
})
// @ts-expect-error it is a string
const description: number = maker.description
export = description
`

let project: AuthorProject

before((t) => {
  project = new AuthorProject(tempDir(t as TestContext))
  project.copy(join(root, 'test', 'types'), 'types')
  project.write('require/required.cts', REQUIRES)
})

/** The old one takes seconds for Node's types, so it sees less of them. */
const variants = [
  { name: 'nodenext and exact optional properties', options: { exactOptionalPropertyTypes: true } },
  {
    name: 'bundler and inexact optional properties',
    options: { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true },
  },
]

const opposites = [
  { name: 'nodenext and inexact optional properties', options: {} },
  {
    name: 'bundler and exact optional properties',
    options: { module: 'esnext', moduleResolution: 'bundler', exactOptionalPropertyTypes: true },
  },
]

const oldest = await installTools(`typescript@${OLDEST}`)
const compilers = [
  { name: 'the TypeScript of this repository', compiler: tsc },
  { name: `TypeScript ${OLDEST}`, compiler: oldest?.('typescript/lib/tsc.js') },
]

for (const { name, compiler } of compilers) {
  for (const variant of [...variants, ...(compiler === tsc ? opposites : [])]) {
    test(`the packed types hold for ${name} with ${variant.name}`, (t) => {
      if (compiler === undefined) return t.skip(`${name} cannot be installed`)
      const { status, output } = project.compile(['types/*.ts'], variant.options, compiler)
      assert.equal(output, '')
      assert.equal(status, 0)
    })
  }

  test(`the packed types hold for ${name} with require`, (t) => {
    if (compiler === undefined) return t.skip(`${name} cannot be installed`)
    const { status, output } = project.compile(['require/*.cts'], { skipLibCheck: true }, compiler)
    assert.equal(output, '')
    assert.equal(status, 0)
  })
}

test('what the compiler must refuse is refused for a reason of its own each', () => {
  const wrong = join('types', 'wrong-usage.ts')
  assert.ok(readdirSync(join(project.dir, 'types')).includes('wrong-usage.ts'))
  project.write('unguarded/same.ts', 'export {}\n')
  const text = run('sed', ['/@ts-expect-error/d', join(project.dir, wrong)]).output
  const guarded = run('grep', ['-c', '@ts-expect-error', join(project.dir, wrong)]).output
  project.write('unguarded/wrong-usage.ts', text)
  const { output } = project.compile(['unguarded/*.ts'])
  assert.equal(output.match(/^unguarded.*error TS/gm)?.length, Number(guarded), output)
})

test('the installed package gives the same names to import and to require', () => {
  const print =
    'console.log(Object.keys(door).filter((name) => /^[A-Za-z]/.test(name)).sort().join())'
  const imported = ['--input-type=module', '-e', `import * as door from 'runnerd'; ${print}`]
  const required = ['--input-type=commonjs', '-e', `const door = require('runnerd'); ${print}`]
  const names = run(process.execPath, imported, project.dir)
  assert.equal(names.output, run(process.execPath, required, project.dir).output)
  const values = declared().filter(({ kind }) => ['class', 'function', 'const'].includes(kind))
  const promised = new Set(values.map(({ name }) => name))
  for (const name of names.output.trim().split(',')) {
    assert.ok(doorNames().includes(name) && promised.has(name), name)
  }
})

test('every example in the comments of the door compiles against the packed types', () => {
  const all = examples()
  assert.notEqual(all.length, 0)
  for (const [at, text] of all.entries()) {
    project.write(`examples/example-${at}.ts`, `${text}\nexport {}\n`)
  }
  const { status, output } = project.compile(['examples/*.ts'])
  assert.equal(output, '')
  assert.equal(status, 0)
})

test('every block of TypeScript on the authoring page compiles against the packed types', () => {
  const page = readFileSync(join(root, 'docs', 'authoring.md'), 'utf8')
  const blocks = [...page.matchAll(/^```ts(?: [^\n]*)?\n(.*?)^```$/gms)].map(([, text]) => text)
  assert.notEqual(blocks.length, 0)
  for (const [at, text] of blocks.entries()) project.write(`page/block-${at}.ts`, `${text}`)
  const { status, output } = project.compile(['page/*.ts'], { noUnusedLocals: true })
  assert.equal(output, '')
  assert.equal(status, 0)
})

test('every class, function and object of the door has an example', async () => {
  const door = Object.keys(await import('runnerd'))
  const shown = declared().filter(({ comment }) => /@example/.test(comment))
  // An error is for `code` to be looked at; two are for plugins to throw or catch.
  const needed = door.filter((name) => !/^(No|Service).*Error$/.test(name))
  const names = shown.map(({ name }) => name)
  assert.deepEqual(
    needed.filter((name) => !names.includes(name)),
    [],
  )
})
