import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openLogFile } from '@runnerd/logging'
import { numbers, write, writeNumbers } from './numbered-lines.ts'
import { readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

const program = fileURLToPath(new URL('./programs/die-in-rotation.js', import.meta.url))

/** Runs one that dies before that step of a rotation. Returns false if there are fewer steps. */
async function die(path: string, step: number): Promise<boolean> {
  const child = spawn(process.execPath, [program, path, String(step)], { stdio: 'inherit' })
  const [code, signal] = await once(child, 'close')
  assert.ok(signal === 'SIGKILL' || code === 0, `${signal ?? code}`)
  return signal === 'SIGKILL'
}

function assertWhole(path: string): void {
  assert.equal(statSync(path).nlink, 1, 'the newest log has a number already')
  for (const name of readdirSync(join(path, '..'))) {
    assert.match(name, /^runner\.log(\.\d+)?$/, 'something is left over')
  }
}

test('a rotation that was killed at any step is undone or done by the next start', async (t) => {
  let step = 0
  for (let died = true; died; step += 1) {
    const path = join(tempDir(t), 'runner.log')
    died = await die(path, step)
    const file = openLogFile(path)
    assertWhole(path)
    write(file, 'next start')
    file.rotate()
    file.close()
    assertWhole(path)
    assert.deepEqual(readLog(path), [`died at ${step}`, 'next start'])
  }
  t.diagnostic(`${step} steps`)
  assert.ok(step > 8)
})

test('a rotation that was killed at any step is done by another process that logs', async (t) => {
  let left = 0
  for (let step = 0; ; step += 1) {
    const path = join(tempDir(t), 'runner.log')
    const file = openLogFile(path, { maxSize: 1000 })
    if (!(await die(path, step))) break
    if (existsSync(`${path}.new`)) left += 1
    let count = 0
    // As many lines as it takes: whoever finds the turn taken stands still at each line.
    while (!existsSync(`${path}.2`)) {
      writeNumbers(file, count, count + 1)
      count += 1
      assert.ok(count < 2000, 'it is never rotated')
    }
    file.close()
    assertWhole(path)
    assert.deepEqual(readLog(path), [`died at ${step}`, ...numbers(count)])
  }
  assert.ok(left > 2, `${left} left their turn`)
})
