import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures, runnerBin } from '../helpers/paths.ts'
import { daemon } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'probe') }
const skip = process.platform === 'linux' ? false : 'it looks into /proc'

/** How ps shows a process: its command line, and its name, which is cut at 15 characters. */
function shownOf(pid: number): { words: string[]; name: string } {
  const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')
  const words = read('cmdline')
    .split('\0')
    .filter((word) => word !== '')
  return { words, name: read('comm').trim() }
}

test('a daemon is shown by the name of its plugin', { skip }, async (t) => {
  const { pid } = await daemon(t, ['probe'], { cwd: tempDir(t), env })
  assert.deepEqual(shownOf(pid), { words: ['runner probe'], name: 'runner probe' })
})

test('an application that has a processName is shown by that', { skip }, async (t) => {
  const cwd = tempDir(t)
  const text = `import { Application, Service } from 'runnerd'
export const application = new Application('poems')
application.processName = 'poetry-server'
new Service().setServiceParent(application)
`
  writeFileSync(join(cwd, 'app.tac.mjs'), text)
  const { pid } = await daemon(t, ['-y', 'app.tac.mjs'], { cwd, env })
  assert.deepEqual(shownOf(pid), { words: ['poetry-server'], name: 'poetry-server' })
})

test('with --originalname it is shown as it was started', { skip }, async (t) => {
  const { pid } = await daemon(t, ['--originalname', 'probe'], { cwd: tempDir(t), env })
  const { words, name } = shownOf(pid)
  assert.equal(words[0], process.execPath)
  assert.match(words[1] as string, /daemon\.js$/)
  // Node names its first thread, from 24 on.
  assert.equal(name, shownOf(process.pid).name)
  assert.notEqual(words[1], runnerBin)
})
