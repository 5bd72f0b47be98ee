import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gone } from '../helpers/runner.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { canary, dropin, Tree, tapnames } from './tree.ts'

const program = fileURLToPath(new URL('./programs/find-plugins.js', import.meta.url))

const broken: [string, string, RegExp][] = [
  ['throws', `throw new Error('out of paper')`, /^out of paper$/],
  ['throws no error', `throw null`, /^null$/],
  ['throws at length', `throw new Error('x'.repeat(1e7))`, /^x{300}…$/],
  ['has a syntax error', `\n\nexport const = 5`, /^Unexpected token '='$/],
  ['imports what is missing', `import './missing.js'`, /^Cannot find module .*missing\.js/],
  ['exits', `process.exit(3)`, /^it exited with status 3$/],
  ['exits without a status', `process.exit()`, /^it exited with status 0$/],
  ['exits as if well', `process.exit(0)`, /^it exited with status 0$/],
  ['aborts', `process.abort()`, /^it was ended by SIGABRT$/],
  ['awaits what never comes', `await new Promise(() => {})`, /^it awaits what never comes$/],
  ['can not be turned to text', `throw { toString() { throw 1 } }`, /^it exited with status 1$/],
  [
    'fills the memory',
    `const a = []; for (;;) a.push(new Array(1e7).fill(0.5))`,
    /^it was ended by SIG/,
  ],
]

for (const [what, source, reason] of broken) {
  test(`getPlugins reports a dropin that ${what}, and finds the others`, async (t) => {
    const tree = new Tree(t)
    tree.write({
      'project/plugins/a.js': dropin('a'),
      'project/plugins/b.js': source,
      'project/plugins/c.js': dropin('c'),
    })
    const found = await tree.find({ readLimit: 600 })
    assert.deepEqual(tapnames(found), ['a', 'c'])
    assert.deepEqual(
      found.faults.map(({ file }) => file),
      [tree.at('project/plugins/b.js')],
    )
    assert.match(found.faults[0]!.reason, reason)
  })
}

for (const [what, source] of [
  ['in a loop', 'for (;;);'],
  ['with something left to do', `setInterval(() => {}, 1000); await new Promise(() => {})`],
]) {
  test(`getPlugins gives up on a dropin that hangs ${what}, and finds the others`, async (t) => {
    const tree = new Tree(t)
    tree.write({ 'project/plugins/a.js': source!, 'project/plugins/b.js': dropin('b') })
    const found = await tree.find({ readLimit: 2 })
    assert.deepEqual(tapnames(found), ['b'])
    // More than 2 where the machine has other things to do.
    assert.match(found.faults[0]!.reason, /^it did not finish within \d+ seconds?$/)
    assert.equal(found.faults.length, 1)
  })
}

test('a child that reads a dropin that hangs ends, also when nobody waits for it any more', async (t) => {
  const tree = new Tree(t)
  const note = `import { writeFileSync } from 'node:fs'\nwriteFileSync('pid', String(process.pid))`
  tree.write({ 'project/plugins/a.js': `${note}\nfor (;;);` })
  const search = JSON.stringify(tree.search({ readLimit: 1 }))
  const finder = spawn(process.execPath, [program, search], { cwd: tree.project })
  const pid = await waitFor(tree.at('project/pid'), () =>
    existsSync(tree.at('project/pid'))
      ? Number(readFileSync(tree.at('project/pid'), 'utf8')) || undefined
      : undefined,
  )
  finder.kill('SIGKILL')
  await gone(pid)
})

test('getPlugins hears nothing of a dropin that prints', async (t) => {
  const tree = new Tree(t)
  const flood = `for (let i = 0; i < 1000; i++) { console.log('x'.repeat(1e4)); console.error(i) }`
  tree.write({ 'project/plugins/a.js': `${flood}\n${dropin('a')}` })
  const found = await tree.find()
  assert.deepEqual([tapnames(found), found.faults], [['a'], []])
})

test('getPlugins is not confused by a dropin that writes where the reports go', async (t) => {
  const tree = new Tree(t)
  const noise = `import { writeSync } from 'node:fs'\nwriteSync(3, 'noise\\n{"file":"/x"}\\nnull\\n')`
  tree.write({
    'project/plugins/a.js': `${noise}\n${dropin('a')}`,
    'project/plugins/b.js': dropin('b'),
  })
  const found = await tree.find()
  assert.deepEqual([tapnames(found), found.faults], [['a', 'b'], []])
})

test('getPlugins takes no report from a dropin, be it its own or of another', async (t) => {
  const forged = { tapname: 'forged', description: 'x', export: 'm', options: {}, help: '' }
  for (const more of [{}, { plugins: [forged], faults: [], imports: [] }]) {
    const tree = new Tree(t)
    const reports = ['a.js', 'b.js'].map((name) => {
      const report = { file: tree.at(`project/plugins/${name}`), ...more }
      return JSON.stringify({ is: 'read', ...report, report })
    })
    const text = JSON.stringify(`\n${reports.join('\n')}\n`)
    tree.write({
      'project/plugins/a.js': `import { writeSync } from 'node:fs'\nwriteSync(3, ${text})\nprocess.exit()`,
      'project/plugins/b.js': dropin('b'),
    })
    const found = await tree.find()
    assert.deepEqual(
      [tapnames(found), found.faults.map(({ reason }) => reason)],
      [['b'], ['it exited with status 0']],
    )
  }
})

test('getPlugins hears what a dropin declares that left a line unfinished', async (t) => {
  const tree = new Tree(t)
  const noise = `import { writeSync } from 'node:fs'\nwriteSync(3, 'noise')`
  tree.write({ 'project/plugins/a.js': `${noise}\n${dropin('a')}` })
  const found = await tree.find()
  assert.deepEqual([tapnames(found), found.faults], [['a'], []])
})

test('getPlugins takes a report that makes no sense for a fault of that dropin', async (t) => {
  const tree = new Tree(t)
  const spoil = `Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'spoilt' })`
  tree.write({ 'project/plugins/a.js': `${spoil}\n${dropin('a')}` })
  const found = await tree.find()
  assert.deepEqual(
    found.faults.map(({ reason }) => reason),
    ['what it declares makes no sense'],
  )
})

/** A dropin that starts a process which goes on for ever, and notes its id. */
function starting(tree: Tree, options: string): string {
  return `import { spawn } from 'node:child_process'
    import { writeFileSync } from 'node:fs'
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], ${options})
    writeFileSync(${JSON.stringify(tree.at('pid'))}, String(child.pid))
    ${dropin('a')}`
}

test('getPlugins does not wait for what a dropin started and gave the reports’ way to', async (t) => {
  const tree = new Tree(t)
  const options = `{ detached: true, stdio: ['ignore', 'ignore', 'ignore', 3] }`
  tree.write({ 'project/plugins/a.js': starting(tree, options) })
  try {
    assert.deepEqual(tapnames(await tree.find({ readLimit: 600 })), ['a'])
  } finally {
    process.kill(Number(readFileSync(tree.at('pid'), 'utf8')), 'SIGKILL')
  }
})

test('getPlugins ends what a dropin started', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': starting(tree, `{ stdio: 'ignore' }`) })
  assert.deepEqual(tapnames(await tree.find()), ['a'])
  await gone(Number(readFileSync(tree.at('pid'), 'utf8')))
})

test('getPlugins gives up on a dropin that stops its process, and finds the others', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': `process.kill(process.pid, 'SIGSTOP')`,
    'project/plugins/b.js': dropin('b'),
  })
  const found = await tree.find({ readLimit: 1 })
  assert.deepEqual(tapnames(found), ['b'])
  assert.match(found.faults[0]!.reason, /^it did not finish within \d+ seconds?$/)
})

test('getPlugins gives up on a dropin that takes memory outside of V8’s heap', async (t) => {
  const tree = new Tree(t)
  const flood = 'globalThis.all = []\nfor (;;) all.push(new Uint8Array(5e7).fill(1))'
  tree.write({ 'project/plugins/a.js': flood, 'project/plugins/b.js': dropin('b') })
  const found = await tree.find({ readLimit: 600 })
  assert.deepEqual(tapnames(found), ['b'])
  assert.deepEqual(
    found.faults.map(({ file, reason }) => [file, reason]),
    [[tree.at('project/plugins/a.js'), 'it took more than 1024 MB of memory']],
  )
})

test('getPlugins does not blame a dropin for what another left behind', async (t) => {
  for (const ending of ['process.exit(9)', `throw new Error('late')`]) {
    const tree = new Tree(t)
    tree.write({
      'project/plugins/a.js': `globalThis.late = () => { ${ending} }\n${dropin('a')}`,
      'project/plugins/b.js': `setImmediate(() => globalThis.late?.())
        await new Promise((done) => setTimeout(done, 50))\n${dropin('b')}`,
      'project/plugins/c.js': dropin('c'),
    })
    const found = await tree.find()
    assert.deepEqual([tapnames(found), found.faults], [['a', 'b', 'c'], []], ending)
  }
})

test('getPlugins does not wait for what a dropin left running', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': `setInterval(() => {}, 1000)\n${dropin('a')}` })
  assert.deepEqual(tapnames(await tree.find({ readLimit: 600 })), ['a'])
})

test('getPlugins tries again a dropin whose child was killed by another', async (t) => {
  const tree = new Tree(t)
  const kill = `process.kill(process.pid, 'SIGKILL')\nawait new Promise(() => setInterval(() => {}, 1000))`
  tree.write({ 'project/plugins/a.js': `${canary(tree, 'a')}\n${kill}` })
  const { faults } = await tree.warm()
  assert.deepEqual(
    faults.map(({ reason }) => reason),
    ['it was ended by SIGKILL'],
  )
  const before = readFileSync(tree.canaries, 'utf8').length
  await tree.find()
  assert.ok(readFileSync(tree.canaries, 'utf8').length > before)
})

/** Runs with these options of Node in the environment. */
async function withNodeOptions(options: string, run: () => Promise<void>): Promise<void> {
  const { NODE_OPTIONS } = process.env
  try {
    process.env.NODE_OPTIONS = options
    await run()
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = NODE_OPTIONS
  }
}

test('getPlugins is not stopped by a debugger that is meant for runner', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': dropin('a') })
  await withNodeOptions('--inspect-brk=0 --no-warnings', async () => {
    assert.deepEqual(tapnames(await tree.find()), ['a'])
  })
})

test('getPlugins remembers no failure of the child that came before the dropins', async (t) => {
  const tree = new Tree(t)
  tree.write({ 'project/plugins/a.js': dropin('a') })
  await withNodeOptions('--require /nowhere.cjs', async () => {
    const { faults } = await tree.warm()
    assert.deepEqual(
      faults.map(({ reason }) => reason),
      ['it exited with status 1'],
    )
  })
  assert.deepEqual(tapnames(await tree.find()), ['a'])
})

test('getPlugins reads a dropin that hangs once, and what was read before it once', async (t) => {
  const tree = new Tree(t)
  tree.write({
    'project/plugins/a.js': canary(tree, 'a'),
    'project/plugins/b.js': `${canary(tree, 'b')}for (;;);`,
    'project/plugins/c.js': canary(tree, 'c'),
  })
  const found = await tree.find({ readLimit: 2 })
  assert.deepEqual([tapnames(found), found.faults.length], [['a', 'c'], 1])
  assert.equal(readFileSync(tree.canaries, 'utf8'), 'a b c ')
})

test('getPlugins gives each dropin the time that one may take', async (t) => {
  const tree = new Tree(t)
  const slow = `await new Promise((done) => setTimeout(done, 700))`
  const names = [...'abcdef']
  for (const name of names) {
    tree.write({ [`project/plugins/${name}.js`]: `${slow}\n${canary(tree, name)}` })
  }
  assert.deepEqual(tapnames(await tree.find({ readLimit: 2 })), names)
  assert.equal(readFileSync(tree.canaries, 'utf8'), 'a b c d e f ')
})

const spoilers: [string, string][] = [
  ['changes the working directory', `process.chdir('/')`],
  [
    'adds to all objects',
    `Object.assign(Object.prototype, { tapname: 'evil', description: 'x', makeService() {} })`,
  ],
  ['takes a class away', 'delete globalThis.URL'],
  ['replaces a class', 'globalThis.Buffer = undefined'],
  ['replaces a function', `const all = Array.prototype.filter; Array.prototype.filter = () => []`],
  ['sets a variable', `process.env.RUNNER_TEST_LEFT = 'x'`],
]

for (const [what, source] of spoilers) {
  test(`getPlugins finds the same beside a dropin that ${what}`, async (t) => {
    const tree = new Tree(t)
    const needs = `import { statSync } from 'node:fs'
      statSync('package.json')
      new URL('http://x')
      if (Buffer.from('x').length + [1].filter(() => true).length !== 2) throw new Error('spoiled')
      if (process.env.RUNNER_TEST_LEFT) throw new Error('left')
      export const other = { text: 'x' }\n`
    tree.write({
      'project/plugins/a.js': `${dropin('a')}${source}`,
      'project/plugins/b.js': needs + dropin('b'),
      'project/plugins/c.js': needs + dropin('c'),
    })
    const before = process.cwd()
    try {
      process.chdir(tree.project)
      const { plugins, faults } = await tree.find()
      const others = plugins.filter(({ file }) => !file.endsWith('a.js'))
      assert.deepEqual(
        [others.map(({ tapname }) => tapname), faults.filter(({ file }) => !file.endsWith('a.js'))],
        [['b', 'c'], []],
      )
    } finally {
      process.chdir(before)
    }
  })
}

const excesses: [string, string, RegExp][] = [
  [
    '20,000 options',
    `options: Object.fromEntries(Array.from({ length: 20000 }, (_, at) => ['o' + at, {}]))`,
    /^plugin a declares more than 500 options$/,
  ],
  [
    'a text of 5 MB',
    `options: { a: { describe: 'x'.repeat(5e6) } }`,
    /^plugin a declares more than 256 kB of text$/,
  ],
]

for (const [what, more, reason] of excesses) {
  test(`getPlugins names a plugin that declares ${what} as a fault`, async (t) => {
    const tree = new Tree(t)
    tree.write({
      'project/plugins/a.js': dropin('a', 'A.', more),
      'project/plugins/b.js': dropin('b'),
    })
    const found = await tree.find()
    assert.deepEqual(tapnames(found), ['b'])
    assert.match(found.faults[0]!.reason, reason)
  })
}
