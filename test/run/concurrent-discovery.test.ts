import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Ended, runner, startRunner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const AT_ONCE = 20

/** Writes a file so that nobody ever sees half of it. */
function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

/** A dropin that notes which process imports it, and whose child that is. */
function dropin(cwd: string, tapname: string, description: string): string {
  const notes = JSON.stringify(join(cwd, 'notes'))
  return `import { appendFileSync } from 'node:fs'
appendFileSync(${notes}, process.ppid + ' ' + process.pid + '\\n')
export const maker = { tapname: '${tapname}', description: '${description}', makeService() {} }\n`
}

function makeTree(t: TestContext): string {
  const cwd = tempDir(t)
  for (const name of ['a', 'b', 'c'])
    put(join(cwd, `plugins/${name}.js`), dropin(cwd, name, `${name} 0`))
  put(join(cwd, 'package.json'), '{"type":"module"}')
  for (const version of [0, 1]) pack(cwd, join(cwd, `store/${version}/p`), version)
  mkdirSync(join(cwd, 'node_modules'))
  symlinkSync('../store/0/p', join(cwd, 'node_modules/p'))
  pack(cwd, join(cwd, 'node_modules/q'), 0)
  return cwd
}

function pack(cwd: string, dir: string, version: number): void {
  const name = dir.slice(-1)
  const manifest = { name, version: `0.0.${version}`, type: 'module', runner: {} }
  put(join(dir, 'package.json'), JSON.stringify(manifest))
  put(join(dir, 'plugins/p.js'), dropin(cwd, name, `${name} ${version}`))
}

/** What a list says of the plugins in a tree, each with the number in its description. */
function listed({ stdout }: Ended): Record<string, number> {
  const rows = stdout.matchAll(/^ {4}(\w) +\1 (\d+)$/gm)
  return Object.fromEntries([...rows].map(([, name, number]) => [name, Number(number)]))
}

/** The children that each runner had import dropins. */
function readersOf(cwd: string): Map<string, Set<string>> {
  const readers = new Map<string, Set<string>>()
  if (!existsSync(join(cwd, 'notes'))) return readers
  for (const line of readFileSync(join(cwd, 'notes'), 'utf8').trim().split('\n')) {
    const [parent, child] = line.split(' ') as [string, string]
    readers.set(parent, (readers.get(parent) ?? new Set()).add(child))
  }
  return readers
}

const drafts = (cwd: string): string[] =>
  readdirSync(cwd, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'))

/** Sees that the caches are whole, and that one more search has nothing to do. */
async function expectWarm(cwd: string, expected: Record<string, number>): Promise<void> {
  // What has only just changed is read once more.
  for (const _ of [1, 2]) assert.deepEqual(listed(await runner([], { cwd })), expected)
  const caches = ['plugins', 'node_modules/.cache/runner'].map((dir) =>
    join(cwd, dir, 'dropin.cache'),
  )
  const inodes = caches.map((path) => statSync(path).ino)
  rmSync(join(cwd, 'notes'), { force: true })
  assert.deepEqual(listed(await runner([], { cwd })), expected)
  assert.equal(readersOf(cwd).size, 0)
  for (const path of caches) JSON.parse(readFileSync(path, 'utf8'))
  assert.deepEqual(
    caches.map((path) => statSync(path).ino),
    inodes,
  )
}

test('twenty runners at once on a cold tree agree, with one child each and no draft left', async (t) => {
  const cwd = makeTree(t)
  put(join(cwd, 'plugins/broken.js'), `throw new Error('out of paper')`)
  const running = Array.from({ length: AT_ONCE }, () => startRunner([], { cwd }))
  const ended = await Promise.all(running.map((each) => each.ended))
  const stderr = `runner: cannot read plugin ${join(cwd, 'plugins/broken.js')}: out of paper\n`
  for (const each of ended) {
    assert.deepEqual(each, { ...ended[0], status: 0, signal: null, stderr })
  }
  assert.deepEqual(listed(ended[0]!), { a: 0, b: 0, c: 0, p: 0, q: 0 })
  const pids = new Set(running.map(({ pid }) => String(pid)))
  for (const [parent, children] of readersOf(cwd)) {
    assert.ok(pids.has(parent))
    assert.equal(children.size, 1)
  }
  assert.deepEqual(drafts(cwd), [])
  await expectWarm(cwd, { a: 0, b: 0, c: 0, p: 0, q: 0 })
})

/** Changes a tree step by step; what each plugin may be listed as is between two of its states. */
class Writer {
  readonly state: Record<string, number> = { a: 0, b: 0, c: 0, p: 0, q: 0 }
  readonly #cwd: string
  #steps = 0

  constructor(cwd: string) {
    this.#cwd = cwd
  }

  step(): void {
    const number = ++this.#steps
    const path = (name: string): string => join(this.#cwd, 'plugins', `${name}.js`)
    const text = (name: string): string => dropin(this.#cwd, name, `${name} ${number}`)
    if (number % 4 === 0) {
      put(path('a'), text('a'))
      this.state.a = number
    } else if (number % 4 === 1) {
      if (existsSync(path('b'))) rmSync(path('b'))
      else put(path('b'), text('b'))
      this.state.b = existsSync(path('b')) ? number : Number.NaN
    } else if (number % 4 === 2) {
      // Not in one step, as an editor may do it.
      writeFileSync(path('c'), text('c'))
      this.state.c = number
    } else {
      pack(this.#cwd, join(this.#cwd, `store/${number}/p`), number)
      const link = join(this.#cwd, 'node_modules/p')
      symlinkSync(`../store/${number}/p`, `${link}.new`)
      renameSync(`${link}.new`, link)
      this.state.p = number
    }
  }

  /** What a list must say now. */
  truth(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.state).filter(([, number]) => number >= 0))
  }
}

/**
 * What is promised meanwhile: a dropin that is replaced in one step is listed in
 * a state that it had while runner ran, and never called broken. One that is
 * written in place may be seen half written, by that run only.
 */
test('twenty runners at once on a changing tree list what was there while they ran', async (t) => {
  const cwd = makeTree(t)
  const writer = new Writer(cwd)
  let left = AT_ONCE
  const answers = Array.from({ length: AT_ONCE }, async () => {
    const before = { ...writer.state }
    const ended = await startRunner([], { cwd }).ended
    left -= 1
    return { ended, before, after: { ...writer.state } }
  })
  while (left > 0) {
    writer.step()
    await setTimeout(2)
  }
  for (const { ended, before, after } of await Promise.all(answers)) {
    const found = listed(ended)
    assert.equal(ended.status, 0)
    for (const name of ['a', 'p', 'q']) {
      const said = `${name}: ${ended.stdout.split('Plugins:')[1]}${ended.stderr}`
      assert.ok(found[name]! >= before[name]! && found[name]! <= after[name]!, said)
    }
    for (const line of ended.stderr.split('\n').filter(Boolean))
      assert.match(line, /^runner: cannot read plugin .*\/plugins\/c\.js: /)
  }
  assert.deepEqual(drafts(cwd), [])
  await expectWarm(cwd, writer.truth())
})

test('what runners that were killed left behind is harmless, and swept up', async (t) => {
  const cwd = makeTree(t)
  const running = Array.from({ length: AT_ONCE }, () => startRunner([], { cwd }))
  const [killed, others] = [running.slice(0, 10), running.slice(10)]
  // Each when another one has ended: at all stages of their work.
  others.forEach(({ ended }, at) => {
    ended.then(() => killed[at]!.child.kill('SIGKILL'))
  })
  for (const { ended } of others)
    assert.deepEqual(listed(await ended), { a: 0, b: 0, c: 0, p: 0, q: 0 })
  await Promise.all(killed.map(({ ended }) => ended))
  const left = [join(cwd, 'plugins'), join(cwd, 'node_modules/.cache/runner')].map((dir) =>
    join(dir, 'dropin.cache.4711.x1y2.tmp'),
  )
  for (const path of left) writeFileSync(path, '{"format":"runner-dro')
  for (const path of drafts(cwd)) utimesSync(join(cwd, path), 0, 0)
  await expectWarm(cwd, { a: 0, b: 0, c: 0, p: 0, q: 0 })
  put(join(cwd, 'plugins/a.js'), dropin(cwd, 'a', 'a 1'))
  pack(cwd, join(cwd, 'node_modules/q'), 1)
  assert.deepEqual(listed(await runner([], { cwd })), { a: 1, b: 0, c: 0, p: 0, q: 1 })
  assert.deepEqual(drafts(cwd), [])
})
