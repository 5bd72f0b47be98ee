import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../helpers/paths.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const main = join(root, 'packages', 'create-runner-plugin', 'dist', 'main.js')
const QUESTION = 'Name of the plugin: '

// util-linux's script(1) lends a terminal.
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
  'util-linux',
)
const skip = hasTerminal ? false : 'there is no script(1) of util-linux'

/** Runs a shell command at a terminal, types an answer at each question, and returns what is seen. */
async function atTerminal(
  cwd: string,
  command: string,
  answers: readonly string[],
): Promise<{ status: number | null; seen: string }> {
  const args = ['--quiet', '--return', '--command', command, '/dev/null']
  const child = spawn('script', args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const left = [...answers]
  let seen = ''
  let answered = 0
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    seen += chunk
    while (seen.split(QUESTION).length - 1 > answered) {
      answered++
      child.stdin.write(left.shift() ?? '\u0004')
    }
  })
  const status = await closed
  return { status, seen }
}

const run = `'${process.execPath}' '${main}'`

test('at a terminal the name is asked for, and again after one that can not be', {
  skip,
}, async (t) => {
  const dir = tempDir(t)
  const { status, seen } = await atTerminal(dir, run, ['stop\n', ' hello \n'])
  assert.equal(status, 0)
  assert.match(seen, /cannot create stop: stop is a verb of runner/)
  assert.match(seen, /Made hello, /)
  assert.deepEqual(readdirSync(dir), ['hello'])
})

test('at a terminal nothing is asked when the name is given', { skip }, async (t) => {
  const dir = tempDir(t)
  const { status, seen } = await atTerminal(dir, `${run} hello`, [])
  assert.equal(status, 0)
  assert.ok(!seen.includes(QUESTION))
})

test('an end of input is no name', { skip }, async (t) => {
  const dir = tempDir(t)
  const { status, seen } = await atTerminal(dir, run, ['\u0004'])
  assert.equal(status, 64)
  assert.match(seen, /create-runner-plugin: cannot create a plugin: no name given/)
})

test('^C at the question ends it by the signal', { skip }, async (t) => {
  const dir = tempDir(t)
  const { status } = await atTerminal(dir, `exec ${run}`, ['\u0003'])
  assert.equal(status, 130)
  assert.deepEqual(readdirSync(dir), [])
})

for (const [what, command] of [
  ['stdout', `${run} | cat`],
  ['stdin', `${run} </dev/null`],
] as const) {
  test(`nothing is asked where ${what} is no terminal`, { skip }, async (t) => {
    const { seen } = await atTerminal(tempDir(t), command, [])
    assert.match(seen, /no name given/)
    assert.ok(!seen.includes(QUESTION))
  })
}
