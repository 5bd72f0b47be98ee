import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../helpers/paths.ts'
import { pidIn, writePlugin } from '../helpers/reloadable.ts'
import { cleanEnv } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { endAll, processesWith } from './conformance/processes.ts'

test('a daemon is reloaded by its own code, though another version was installed since', async (t) => {
  const cwd = tempDir(t)
  t.after(() => endAll(() => processesWith(`RELOAD_TEST=${cwd}`)))
  writePlugin(cwd)
  const installed = join(cwd, 'installed')
  for (const part of ['package.json', 'bundle']) {
    cpSync(join(root, 'packages', 'runner', part), join(installed, part), { recursive: true })
  }
  const env = cleanEnv(cwd, { RELOAD_TEST: cwd })
  const main = join(installed, 'bundle', 'main.js')
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [main, ...args], { cwd, env })

  await run('told', '--port', '0')
  const first = pidIn(cwd)
  // It has answered, so its event loop has turned since it was ready.
  await run('status')
  writeFileSync(join(installed, 'bundle', 'reload.js'), 'throw new Error("not of this version")\n')
  await run('reload')

  assert.notEqual(pidIn(cwd), first)
})
