import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { passwordLine } from '../helpers/password-line.ts'
import { fixtures } from '../helpers/paths.ts'
import { daemon, gone, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const NOBODY = 65534
const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'login') }
const skip = noOtherUser
const anna = passwordLine('anna', 'tiger')

async function isLoggedIn(port: number, words: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`${words}\n`)
  return (await text(socket)).trimEnd()
}

/** A directory that everybody may enter, with a password file in it. */
function withUsers(t: TestContext, owner: number): string {
  const cwd = tempDir(t)
  chmodSync(cwd, 0o755)
  replace(cwd, anna, owner)
  return cwd
}

function replace(cwd: string, text: string, owner = process.getuid?.() ?? 0): void {
  writeFileSync(join(cwd, 'new'), text, { mode: 0o600 })
  chownSync(join(cwd, 'new'), owner, owner)
  renameSync(join(cwd, 'new'), join(cwd, 'users'))
}

/** Ends the daemon that has the pid file now. */
function endAfter(t: TestContext, pidfile: string): void {
  const pid = Number(readFileSync(pidfile, 'utf8'))
  t.after(async () => {
    process.kill(pid, 'SIGTERM')
    await gone(pid)
  })
}

const options = ['login', '--password-file', 'users']

test('a service that asks a password file does not start with one that can not be used', async (t) => {
  const cwd = tempDir(t)
  for (const [text, mode, line, status] of [
    [undefined, 0, /: no such file\nhint: runner passwd \S*users NAME makes it\n$/, 66],
    [anna, 0o640, /: others than its owner may read or write it\nhint: chmod 600 \S*users\n$/, 77],
    [
      'anna:tiger\n',
      0o600,
      /: line 1 has a password, .*\nhint: runner passwd \S*users anna .*\n$/,
      78,
    ],
  ] as const) {
    if (text !== undefined) writeFileSync(join(cwd, 'users'), text)
    if (text !== undefined) chmodSync(join(cwd, 'users'), mode)
    for (const how of [[], ['-n']]) {
      const ended = await runner([...how, '--rundir', cwd, ...options], { cwd, env })
      assert.match(ended.stderr, /^runner: cannot use password file .*\nhint: .*\n$/)
      assert.match(ended.stderr, line)
      assert.equal(ended.status, status)
    }
  }
})

test("the file of the user that a daemon runs as is read again, by its successor too; somebody else's is refused", {
  skip,
}, async (t) => {
  const cwd = withUsers(t, NOBODY)
  const port = await freePort()
  const words = ['--uid', 'nobody', ...options, '--port', String(port)]
  await daemon(t, words, { cwd, env })
  assert.equal(await isLoggedIn(port, 'anna tiger'), 'true')
  assert.equal(await isLoggedIn(port, 'bert lion'), 'false')
  replace(cwd, passwordLine('bert', 'lion'), NOBODY)
  assert.equal(await isLoggedIn(port, 'anna tiger'), 'false')
  assert.equal(await isLoggedIn(port, 'bert lion'), 'true')
  const { status, stderr } = await runner(['reload'], { cwd })
  assert.deepEqual([status, stderr], [0, ''])
  endAfter(t, join(cwd, 'runner.pid'))
  assert.equal(await isLoggedIn(port, 'bert lion'), 'true')
  const elsewhere = join(cwd, 'other')
  mkdirSync(elsewhere)
  const ended = await runner(['-n', ...options, '--password-file', '../users'], {
    cwd: elsewhere,
    env,
  })
  assert.equal(ended.status, 77)
  assert.match(ended.stderr, /: it belongs to user 65534, not to 0\nhint: chown 0 /)
})

test("root's own file is read before privileges are shed, and the log says that it is not again", {
  skip,
}, async (t) => {
  const cwd = withUsers(t, 0)
  const port = await freePort()
  const words = ['--uid', 'nobody', ...options, '--port', String(port)]
  const { log } = await daemon(t, words, { cwd, env })
  assert.equal(await isLoggedIn(port, 'anna tiger'), 'true')
  assert.match(log(), /cannot read users again: permission denied, so a change of it is not seen/)
  replace(cwd, passwordLine('anna', 'lion'))
  assert.equal(await isLoggedIn(port, 'anna tiger'), 'true')
  const { status, stderr } = await runner(['reload'], { cwd })
  assert.equal(status, 77)
  assert.match(stderr, /cannot reload login: .*users: permission denied\nhint: chown 65534 /)
  assert.equal(await isLoggedIn(port, 'anna tiger'), 'true')
  replace(cwd, passwordLine('anna', 'lion'), NOBODY)
  assert.equal(await isLoggedIn(port, 'anna lion'), 'true', 'until it may be read')
})

test('after a change of the root the file is the one in there', { skip }, async (t) => {
  const cwd = withUsers(t, 0)
  const root = join(cwd, 'root')
  mkdirSync(join(root, 'etc'), { recursive: true })
  writeFileSync(join(root, 'etc', 'users'), passwordLine('carl', 'zebra'), { mode: 0o600 })
  const port = await freePort()
  const words = ['--chroot', root, 'login', '--password-file', '/etc/users', '--port', String(port)]
  const { status, stderr } = await runner(words, { cwd, env })
  assert.deepEqual([status, stderr], [0, ''])
  endAfter(t, join(root, 'runner.pid'))
  assert.equal(await isLoggedIn(port, 'carl zebra'), 'true')
})
