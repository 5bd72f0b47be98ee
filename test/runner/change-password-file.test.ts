import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as kernelLock from '../../packages/runner/dist/kernel-lock.d.ts'
import type * as change from '../../packages/runner/dist/passwd/change-password-file.d.ts'
import { root } from '../helpers/paths.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const built = (name: string): string =>
  pathToFileURL(join(root, 'packages', 'runner', 'dist', name)).href
const { lockWith } = (await import(built('kernel-lock.js'))) as typeof kernelLock
const { changePasswordFile } = (await import(
  built('passwd/change-password-file.js')
)) as typeof change

const skip = process.platform === 'linux' ? false : 'elsewhere the system locks as it opens'

test('what was put in place of the file while its lock was waited for is what is changed', {
  skip,
}, async (t) => {
  const path = join(tempDir(t), 'users')
  writeFileSync(path, 'anna:1\n', { mode: 0o600 })
  const answers = ['busy', 'replaced', 'free']
  lockWith(() => {
    const answer = answers.shift()
    if (answer === 'replaced') {
      writeFileSync(`${path}.other`, 'anna:1\nbert:2\n', { mode: 0o600 })
      renameSync(`${path}.other`, path)
    }
    return answer !== 'busy'
  })
  await changePasswordFile(path, true, (text) => `${text}carl:3\n`)
  assert.equal(readFileSync(path, 'utf8'), 'anna:1\nbert:2\ncarl:3\n')
  assert.deepEqual(answers, [])
})
