import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { PasswordFile, type PasswordFileError } from '@runnerd/cred'
import { noOtherUser } from '../helpers/other-user.ts'
import { passwordLine } from '../helpers/password-line.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { openWith } from './open-with.ts'

const anna = passwordLine('anna', 'tiger')
const bert = passwordLine('bert', 'lion')
const isRoot = process.getuid?.() === 0

/** Puts another file there, as `runner passwd` does. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

async function refusal(path: string): Promise<PasswordFileError> {
  const opened = PasswordFile.open(path)
  return await opened.then(
    () => assert.fail(`${path} was taken`),
    (error) => error,
  )
}

test('a password is right for its user, and for nobody else', async (t) => {
  const file = await openWith(t, anna + bert)
  assert.equal(await file.check('anna', 'tiger'), true)
  assert.equal(await file.check('bert', 'lion'), true)
  for (const [name, password] of [
    ['anna', 'lion'],
    ['anna', 'Tiger'],
    ['anna', ''],
    ['Anna', 'tiger'],
    ['carl', 'tiger'],
    ['', 'tiger'],
    ['anna:x', 'tiger'],
    ['__proto__', 'tiger'],
  ] as const) {
    assert.equal(await file.check(name, password), false, `${name} ${password}`)
  }
})

test('an empty password is never right, not even where its hash is there', async (t) => {
  const file = await openWith(t, passwordLine('anna', ''))
  assert.equal(await file.check('anna', ''), false)
})

test('an empty file lets nobody in', async (t) => {
  const file = await openWith(t, '')
  assert.equal(await file.check('anna', 'tiger'), false)
})

test('a change is seen by the next check: a new user, a new password, one who was removed', async (t) => {
  const file = await openWith(t, anna)
  assert.equal(await file.check('anna', 'tiger'), true)
  replace(file.path, anna + bert)
  assert.equal(await file.check('bert', 'lion'), true)
  replace(file.path, passwordLine('anna', 'zebra') + bert)
  assert.equal(await file.check('anna', 'tiger'), false)
  assert.equal(await file.check('anna', 'zebra'), true)
  // Where it is and of the same length, faster than the times of files tell apart.
  for (let n = 0; n < 20; n += 1) {
    for (const name of ['anna', 'anne']) {
      writeFileSync(file.path, passwordLine(name, 'zebra'))
      assert.equal(await file.check('anna', 'zebra'), name === 'anna')
    }
  }
})

test('a file that can no more be used lets nobody in, until it is mended', async (t) => {
  const file = await openWith(t, anna)
  assert.equal(await file.check('anna', 'tiger'), true)
  chmodSync(file.path, 0o644)
  await assert.rejects(file.check('anna', 'tiger'), { code: 'ERR_PASSWORD_FILE_UNSAFE' })
  chmodSync(file.path, 0o600)
  assert.equal(await file.check('anna', 'tiger'), true)
  replace(file.path, 'anna:tiger\n')
  await assert.rejects(file.check('anna', 'tiger'), { code: 'ERR_PASSWORD_FILE_INVALID' })
  rmSync(file.path)
  await assert.rejects(file.check('anna', 'tiger'), { code: 'ERR_PASSWORD_FILE_MISSING' })
  replace(file.path, anna)
  assert.equal(await file.check('anna', 'tiger'), true)
})

test('a group of the process may read what is root’s, and nobody else', async (t) => {
  if (noOtherUser) return t.skip(noOtherUser)
  const dir = tempDir(t)
  chmodSync(dir, 0o755)
  const path = join(dir, 'users')
  writeFileSync(path, anna)
  const [user, group] = [12345, 12346]
  const groups = process.getgroups?.() ?? []
  const openedAs = async (owner: number, mode: number, isMain = true): Promise<string> => {
    chownSync(path, owner, group)
    chmodSync(path, mode)
    if (isMain) process.setegid?.(group)
    // As `fsGroup` of Kubernetes and `SupplementaryGroups=` of systemd give it.
    else process.setgroups?.([group])
    process.seteuid?.(user)
    try {
      return await PasswordFile.open(path).then(
        () => 'opened',
        ({ code }) => code,
      )
    } finally {
      process.seteuid?.(0)
      process.setegid?.(0)
      process.setgroups?.(groups)
    }
  }
  for (const mode of [0o440, 0o640]) {
    assert.equal(await openedAs(0, mode), 'opened')
    assert.equal(await openedAs(0, mode, false), 'opened')
  }
  for (const mode of [0o660, 0o644, 0o446]) {
    assert.equal(await openedAs(0, mode), 'ERR_PASSWORD_FILE_UNSAFE')
  }
  assert.equal(await openedAs(user, 0o640), 'ERR_PASSWORD_FILE_UNSAFE')
})

test('a file that others may read or write is refused, and the way to mend it named', async (t) => {
  const path = join(tempDir(t), 'users')
  writeFileSync(path, anna)
  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o666]) {
    chmodSync(path, mode)
    const { code, message, hint } = await refusal(path)
    assert.equal(code, 'ERR_PASSWORD_FILE_UNSAFE')
    assert.equal(
      message,
      `cannot use password file ${path}: others than its owner may read or write it`,
    )
    assert.equal(hint, `chmod 600 ${path}`)
  }
  for (const mode of [0o600, 0o400, 0o700]) {
    chmodSync(path, mode)
    await PasswordFile.open(path)
  }
})

test("another user's file is refused", { skip: isRoot ? false : 'needs root' }, async (t) => {
  const path = join(tempDir(t), 'users')
  writeFileSync(path, anna, { mode: 0o600 })
  chownSync(path, 65534, 65534)
  const { code, message, hint } = await refusal(path)
  assert.equal(code, 'ERR_PASSWORD_FILE_UNSAFE')
  assert.equal(message, `cannot use password file ${path}: it belongs to user 65534, not to 0`)
  assert.equal(hint, `chown 0 ${path}`)
})

test('what is no plain file in UTF-8, or far too large, is refused and never waited for', async (t) => {
  const dir = tempDir(t)
  const at = (name: string): string => join(dir, name)
  mkdirSync(at('dir'), { mode: 0o700 })
  execFileSync('mkfifo', ['-m', '600', at('fifo')])
  writeFileSync(at('latin1'), Buffer.from('\xe9:x\n', 'latin1'), { mode: 0o600 })
  writeFileSync(at('large'), Buffer.alloc(4 * 2 ** 20 + 1, '\n'), { mode: 0o600 })
  symlinkSync('circle', at('circle'))
  for (const [name, code, reason] of [
    ['dir', 'INVALID', 'not a plain file'],
    ['fifo', 'INVALID', 'not a plain file'],
    ['latin1', 'INVALID', 'it is not a text in UTF-8'],
    ['large', 'INVALID', 'it is too large'],
    ['circle', 'UNREADABLE', 'its symbolic links go round in a circle'],
    ['none', 'MISSING', 'no such file'],
  ] as const) {
    const error = await refusal(at(name))
    assert.equal(error.code, `ERR_PASSWORD_FILE_${code}`)
    assert.equal(error.message, `cannot use password file ${at(name)}: ${reason}`)
  }
  assert.equal((await refusal(at('none'))).hint, `runner passwd ${at('none')} NAME makes it`)
})

test('a symbolic link is followed, and seen to lead elsewhere', async (t: TestContext) => {
  const dir = tempDir(t)
  writeFileSync(join(dir, 'one'), anna, { mode: 0o600 })
  writeFileSync(join(dir, 'two'), bert, { mode: 0o600 })
  symlinkSync('one', join(dir, 'users'))
  const file = await PasswordFile.open(join(dir, 'users'))
  assert.equal(await file.check('anna', 'tiger'), true)
  rmSync(join(dir, 'users'))
  symlinkSync('two', join(dir, 'users'))
  assert.equal(await file.check('anna', 'tiger'), false)
  assert.equal(await file.check('bert', 'lion'), true)
})
