import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { fixtures, root } from '../helpers/paths.ts'
import { isAlive } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { processesWith } from './conformance/processes.ts'

const helper = pathToFileURL(join(root, 'test', 'dist', 'helpers', 'runner.js'))

/** A test file whose hooks never run: it has a daemon with two workers, and one that was reloaded. */
const FILE = `
const { daemon, runner } = await import(${JSON.stringify(helper)})
const [workers, reloaded, then] = process.argv.slice(1)
const env = { RUNNER_PLUGIN_PATH: ${JSON.stringify(join(fixtures, 'probe'))} }
const t = { after() {} }
await daemon(t, ['--workers', '2', 'probe'], { cwd: workers, env })
await daemon(t, ['probe'], { cwd: reloaded, env })
await runner(['reload'], { cwd: reloaded, env })
console.log('started')
if (then === 'exit') process.exit(0)
setInterval(() => {}, 1000)
`

for (const [how, then] of [
  ['is ended by SIGTERM', 'wait'],
  ['exits', 'exit'],
] as const) {
  test(`a test file that ${how} leaves none of its daemons`, async (t: TestContext) => {
    const dirs = [tempDir(t), tempDir(t)]
    const file = spawn(process.execPath, ['--input-type=module', '-e', FILE, ...dirs, then], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(file, 'exit')
    const entry = `STARTED_BY_TEST=${file.pid}`
    t.after(() => {
      for (const pid of [file.pid as number, ...processesWith(entry)]) {
        if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      }
    })
    await once(file.stdout, 'data')
    if (then === 'wait') {
      // The daemon, its workers, and the one that was reloaded.
      assert.ok(processesWith(entry).length >= 4)
      file.kill('SIGTERM')
    }
    const [status, signal] = await ended
    assert.deepEqual([status, signal], then === 'wait' ? [null, 'SIGTERM'] : [0, null])
    await waitFor(entry, () => (processesWith(entry).length === 0 ? true : undefined))
  })
}
