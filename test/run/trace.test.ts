import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures, root } from '../helpers/paths.ts'
import { daemon, foreground } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'

const parents = ['read the command line', 'check the pid file', 'fold']
const childs = [
  ...['open the log', 'make the application', 'set up the environment', 'start privileged'],
  ...['shed privileges', 'start', 'report', 'stop'],
]

function stepsIn(file: string): { pid: number; step: string }[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [, pid, step] = /^(\d+) (.*)$/.exec(line) as unknown as [string, string, string]
    return { pid: Number(pid), step }
  })
}

test('a daemon takes the steps of the table, in its order', async (t) => {
  const cwd = tempDir(t)
  const file = join(cwd, 'steps')
  const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe'), RUNNER_TRACE: file }
  const { pid, stop } = await daemon(t, ['probe'], { cwd, env })
  await stop()
  const steps = stepsIn(file)
  assert.deepEqual(
    steps.filter((each) => each.pid !== pid).map(({ step }) => step),
    parents,
  )
  assert.deepEqual(
    steps.filter((each) => each.pid === pid).map(({ step }) => step),
    childs,
  )
})

test('the foreground takes the same steps in one process, without the fold', async (t) => {
  const cwd = tempDir(t)
  const file = join(cwd, 'steps')
  const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe'), RUNNER_TRACE: file }
  const running = foreground(t, ['probe'], { cwd, env })
  await waitFor(file, () => (stepsInSoFar(file).includes('report') ? true : undefined))
  running.child.kill('SIGTERM')
  await running.ended
  assert.deepEqual(
    stepsIn(file).map(({ step }) => step),
    ['read the command line', ...childs],
  )
})

test('with workers the daemon takes the same steps, and so does each worker', async (t) => {
  const cwd = tempDir(t)
  const file = join(cwd, 'steps')
  const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe'), RUNNER_TRACE: file }
  const { pid, stop } = await daemon(t, ['--workers', '2', 'probe'], { cwd, env })
  await stop()
  const steps = stepsIn(file)
  const processes = [...new Set(steps.map((each) => each.pid))]
  const taken = processes.map((each) =>
    steps.filter((step) => step.pid === each).map(({ step }) => step),
  )
  assert.deepEqual(taken, [parents, childs, childs, childs])
  assert.equal(processes[1], pid)
})

function stepsInSoFar(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

test('the README has every step, in the order they are taken', () => {
  const readme = readFileSync(join(root, 'packages', 'runner', 'README.md'), 'utf8')
  let at = 0
  for (const step of [...parents, ...childs]) {
    const found = readme.indexOf(step, at)
    assert.notEqual(found, -1, `the README misses, or misplaces: ${step}`)
    at = found
  }
})
