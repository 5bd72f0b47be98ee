import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginFailures } from '@runnerd/cred'

const THERE = '192.0.2.1'

test('failed logins are answered later each time, and lock out another machine for ten minutes', () => {
  let now = 0
  const failures = new LoginFailures(() => now)
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => failures.add(THERE)),
    [500, 1000, 2000, 4000, 4000],
  )
  assert.equal(failures.add('192.0.2.2'), 500)
  for (let n = 5; n < 20; n += 1) {
    assert.equal(failures.isLockedOut(THERE), false)
    failures.add(THERE)
  }
  assert.equal(failures.isLockedOut(THERE), true)
  assert.equal(failures.isLockedOut('192.0.2.2'), false)
  now = 10 * 60_000 + 1
  assert.equal(failures.isLockedOut(THERE), false)
  assert.equal(failures.add(THERE), 500)
})

test('who has shown to know the password begins anew', () => {
  const failures = new LoginFailures()
  for (let n = 0; n < 30; n += 1) failures.add(THERE)
  failures.forget(THERE)
  assert.equal(failures.isLockedOut(THERE), false)
  assert.equal(failures.add(THERE), 500)
})

test("this machine's own users, whom a UNIX socket has too, lock nobody out", () => {
  const failures = new LoginFailures()
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '']) {
    for (let n = 0; n < 30; n += 1) failures.add(address)
    assert.equal(failures.isLockedOut(address), false, address)
    assert.equal(failures.add(address), 4000)
  }
})
