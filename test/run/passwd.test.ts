import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { PasswordFile } from '@runnerd/cred'
import { passwordLine } from '../helpers/password-line.ts'
import { root, runnerBin } from '../helpers/paths.ts'
import { cleanEnv, type Ended, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { noTerminal, Terminal } from '../helpers/terminal.ts'

const LINE = /^anna:\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}\n$/
const isRoot = process.getuid?.() === 0
const old = passwordLine('anna', 'old')

function passwd(cwd: string, words: readonly string[], input = ''): Promise<Ended> {
  return runner(['passwd', ...words], { cwd, input })
}

function users(t: TestContext, text: string, mode = 0o600): { cwd: string; path: string } {
  const cwd = tempDir(t)
  const path = join(cwd, 'users')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return { cwd, path }
}

test('runner passwd makes the file for its owner only, from one line of stdin', async (t) => {
  const cwd = tempDir(t)
  const script = 'umask 0; printf "tiger \\n and more\\n" | exec "$0" passwd users anna'
  const child = spawn('sh', ['-c', script, runnerBin], {
    cwd,
    env: cleanEnv(cwd),
    stdio: 'inherit',
  })
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0)
  const path = join(cwd, 'users')
  assert.match(readFileSync(path, 'utf8'), LINE)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(cwd), ['users'])
  const file = await PasswordFile.open(path)
  assert.equal(await file.check('anna', 'tiger '), true)
  assert.equal(await file.check('anna', 'tiger'), false)
})

test('runner passwd replaces a line, adds one, and leaves all others and the mode', async (t) => {
  const { cwd, path } = users(t, `# ours\n${old}\n${passwordLine('bert', 'lion')}`, 0o400)
  for (const name of ['anna', 'carl']) {
    const { status, stdout, stderr } = await passwd(cwd, ['users', name], 'tiger\r\n')
    assert.deepEqual([status, stdout, stderr], [0, '', ''])
  }
  const lines = readFileSync(path, 'utf8').split('\n')
  assert.deepEqual(
    lines.map((line) => line.split(':')[0]),
    ['# ours', 'anna', '', 'bert', 'carl', ''],
  )
  assert.equal(lines[3], passwordLine('bert', 'lion').trimEnd())
  assert.equal(statSync(path).mode & 0o777, 0o400)
  const file = await PasswordFile.open(path)
  for (const [name, password, isRight] of [
    ['anna', 'tiger', true],
    ['anna', 'old', false],
    ['bert', 'lion', true],
    ['carl', 'tiger', true],
  ] as const) {
    assert.equal(await file.check(name, password), isRight, name)
  }
})

test('runner passwd --delete removes a user, and says so of one who is not there', async (t) => {
  const { cwd, path } = users(t, old + passwordLine('bert', 'lion'))
  assert.equal((await passwd(cwd, ['--delete', 'users', 'anna'])).status, 0)
  assert.equal(readFileSync(path, 'utf8'), passwordLine('bert', 'lion'))
  const again = await passwd(cwd, ['users', 'anna', '-D'])
  assert.equal(again.status, 66)
  assert.equal(again.stderr, 'runner: cannot remove anna: password file users has no such user\n')
  assert.equal(readFileSync(path, 'utf8'), passwordLine('bert', 'lion'))
  const none = await passwd(cwd, ['-D', 'none', 'anna'])
  assert.equal(none.status, 66)
  assert.match(
    none.stderr,
    /^runner: cannot change password file none: no such file or directory\n$/,
  )
  assert.deepEqual(readdirSync(cwd), ['users'])
})

test("runner passwd keeps the file its owner's, also when root changes it", {
  skip: isRoot ? false : 'needs root',
}, async (t) => {
  const { cwd, path } = users(t, old)
  chownSync(path, 65534, 65533)
  assert.equal((await passwd(cwd, ['users', 'bert'], 'lion')).status, 0)
  const { uid, gid, mode } = statSync(path)
  assert.deepEqual([uid, gid, mode & 0o777], [65534, 65533, 0o600])
})

test('runner passwd leaves a file of root’s to the group that may read it, if that is not root’s', {
  skip: isRoot ? false : 'needs root',
}, async (t) => {
  const { cwd, path } = users(t, old, 0o440)
  const refused = await passwd(cwd, ['--delete', 'users', 'anna'])
  assert.equal(refused.status, 77, refused.stderr)
  chownSync(path, 0, 65533)
  const lent = await passwd(cwd, ['--delete', 'users', 'anna'])
  assert.equal(lent.status, 0, lent.stderr)
  const { uid, gid, mode } = statSync(path)
  assert.deepEqual([uid, gid, mode & 0o777], [0, 65533, 0o440])
})

test('runner passwd changes the file that a symbolic link leads to, and makes one', async (t) => {
  const { cwd } = users(t, old)
  mkdirSync(join(cwd, 'dir'))
  symlinkSync('../users', join(cwd, 'dir', 'there'))
  symlinkSync('new', join(cwd, 'dir', 'dangling'))
  assert.equal((await passwd(cwd, ['dir/there', 'anna'], 'tiger')).status, 0)
  assert.equal((await passwd(cwd, ['dir/dangling', 'anna'], 'tiger')).status, 0)
  assert.match(readFileSync(join(cwd, 'users'), 'utf8'), LINE)
  assert.match(readFileSync(join(cwd, 'dir', 'new'), 'utf8'), LINE)
  assert.ok(lstatSync(join(cwd, 'dir', 'there')).isSymbolicLink())
})

test('of many runner passwd at once, with a file that is not there yet, none is lost', async (t) => {
  const cwd = tempDir(t)
  const names = Array.from({ length: 8 }, (_, n) => `user${n}`)
  const ends = await Promise.all(names.map((name) => passwd(cwd, ['users', name], name)))
  assert.deepEqual(
    ends.map(({ status, stderr }) => [status, stderr]),
    names.map(() => [0, '']),
  )
  const lines = readFileSync(join(cwd, 'users'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(lines.map((line) => line.split(':')[0]).sort(), names)
  const rest = await Promise.all(names.slice(2).map((name) => passwd(cwd, ['-D', 'users', name])))
  assert.deepEqual(new Set(rest.map(({ status }) => status)), new Set([0]))
  const left = readFileSync(join(cwd, 'users'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(left.map((line) => line.split(':')[0]).sort(), names.slice(0, 2))
  assert.deepEqual(readdirSync(cwd), ['users'])
})

test('what a runner passwd that died has left is in no way', async (t) => {
  const { cwd, path } = users(t, old)
  writeFileSync(`${path}.passwd-new`, 'half a li')
  assert.equal((await passwd(cwd, ['users', 'anna'], 'tiger')).status, 0)
  assert.match(readFileSync(path, 'utf8'), LINE)
  assert.deepEqual(readdirSync(cwd), ['users'])
})

test('runner passwd with words that are wrong is a usage error, and repeats none that may be a password', async (t) => {
  const { cwd, path } = users(t, old)
  for (const [words, input, line] of [
    [[], '', /cannot run passwd: no FILE given\nhint: runner passwd --help shows how$/],
    [['', 'anna'], '', /cannot run passwd: no FILE given/],
    [['users'], '', /cannot run passwd: no NAME given/],
    [['users', ''], '', /"" is no name of a user: a name is needed$/],
    [['users', 'a:b'], 'x', /"a:b" is no name of a user: a name has neither a colon nor/],
    [['users', 'a\nb'], 'x', /"a\\nb" is no name of a user: a name has neither/],
    [['users', '#a'], 'x', /"#a" is no name of a user: a line that begins with # is a comment$/],
    [
      ['users', 'anna', 'tiger'],
      '',
      /more than FILE and NAME given\nhint: a password is asked for/,
    ],
    [['users', '--pasword=tiger', 'anna'], '', /cannot run passwd: unknown option --pasword/],
    [['users', 'anna'], '', /cannot set the password of anna: an empty password is none$/],
    [['users', 'anna'], '\ntiger', /cannot set the password of anna: an empty password is none$/],
    [['users', 'anna'], 'x'.repeat(1025), /of anna: a password has at most 1024 bytes$/],
    [['users', 'anna'], 'x'.repeat(100_000), /of anna: a password has at most 1024 bytes$/],
  ] as const) {
    const { status, stdout, stderr } = await passwd(cwd, words, input)
    assert.equal(status, 64, stderr)
    assert.equal(stdout, '')
    assert.match(stderr.trimEnd(), line)
    assert.match(stderr, /^runner: .*\n(hint: .*\n)?$/)
    assert.doesNotMatch(stderr, /tiger/)
  }
  assert.equal(readFileSync(path, 'utf8'), old)
})

test('runner passwd refuses a file that others may read, before it asks, and mends plain passwords', async (t) => {
  const { cwd, path } = users(t, old, 0o644)
  const loose = await passwd(cwd, ['users', 'anna'], 'tiger')
  assert.equal(loose.status, 77)
  assert.equal(
    loose.stderr,
    'runner: cannot use password file users: others than its owner may read or write it\nhint: chmod 600 users\n',
  )
  assert.equal(readFileSync(path, 'utf8'), old)
  chmodSync(path, 0o600)
  writeFileSync(path, 'anna:tiger\nbert:lion\n')
  const first = await passwd(cwd, ['users', 'anna'], 'tiger')
  assert.equal(first.status, 0)
  assert.equal(
    first.stderr,
    'runner: cannot use password file users: line 2 has a password, and no hash of one\n' +
      'hint: runner passwd users bert puts a hash of a password there\n',
  )
  const second = await passwd(cwd, ['users', 'bert'], 'lion')
  assert.deepEqual([second.status, second.stderr], [0, ''])
  await PasswordFile.open(path)
})

test('runner passwd says in one line why a file can not be written, and leaves none behind', async (t) => {
  const { cwd } = users(t, old)
  mkdirSync(join(cwd, 'dir'))
  for (const [path, status, reason] of [
    ['none/users', 66, 'no such file or directory'],
    ['users/users', 66, 'not a directory'],
    ['dir', 78, 'not a plain file'],
    ['/dev/null', 78, 'not a plain file'],
  ] as const) {
    const ended = await passwd(cwd, [path, 'anna'], 'tiger')
    assert.equal(ended.status, status, ended.stderr)
    assert.match(
      ended.stderr,
      new RegExp(`^runner: cannot \\w+ password file ${path}: ${reason}\n`),
    )
  }
  assert.deepEqual(readdirSync(cwd).sort(), ['dir', 'users'])
})

test('why a file can not be replaced is said in words, of one that a container has by itself too', async () => {
  const path = join(root, 'packages', 'runner', 'dist', 'passwd', 'cannot-write.js')
  const { cannotWrite } = await import(pathToFileURL(path).href)
  const { EBUSY, EDQUOT, ENAMETOOLONG } = constants.errno
  for (const [code, errno, reason] of [
    ['EBUSY', EBUSY, 'it is mounted by itself, and cannot be replaced'],
    ['ENAMETOOLONG', ENAMETOOLONG, 'name too long'],
    [`Unknown system error -${EDQUOT}`, EDQUOT, 'disk quota exceeded'],
  ] as const) {
    const { message, exitStatus } = cannotWrite('users', { code, errno: -errno })
    assert.equal(message, `cannot change password file users: ${reason}`)
    assert.equal(exitStatus, 73)
  }
})

test('runner passwd on a terminal asks twice and shows nothing of the password', {
  skip: noTerminal,
}, async (t) => {
  const cwd = tempDir(t)
  const env = cleanEnv(cwd, { RUNNER: runnerBin, TERM: 'dumb' })
  const terminal = await Terminal.open(t, 'bash --norc --noprofile -i', { cwd, env })
  const ask = async (first: string, second: string): Promise<string> => {
    terminal.type('"$RUNNER" passwd users anna\r')
    await terminal.shows('Password for anna: ')
    terminal.type(first)
    const between = await terminal.shows('Once more: ')
    terminal.type(second)
    const after = await terminal.shows('READY> ')
    const [, status] = (await terminal.run('echo $?')).split('\r\n')
    return `${between}${after}${status}`
  }
  assert.equal(await ask('tigrex\u007f\u007f\u007fer\r', 'tiger\r'), '\r\n\r\n0')
  const file = await PasswordFile.open(join(cwd, 'users'))
  assert.equal(await file.check('anna', 'tiger'), true)
  const differ = await ask('tiger\r', 'lion\r')
  assert.match(differ, /^\r\n\r\nrunner: cannot set .* of anna: the two are not the same\r\n64$/)
  assert.match(await ask('tiger\r', '\u0003'), /^\r\n(\r\n)+130$/)
  // Stopped with ^Z it goes on where it was, still without a word of it.
  terminal.type('"$RUNNER" passwd users bert\r')
  await terminal.shows('Password for bert: ')
  terminal.type('li\u001a')
  await terminal.shows('READY> ')
  terminal.type('fg\r')
  await terminal.shows('Password for bert: ')
  terminal.type('lion\r')
  assert.equal(await terminal.shows('Once more: '), '\r\n')
  terminal.type('lion\r')
  assert.equal(await terminal.shows('READY> '), '\r\n')
  assert.equal(await file.check('bert', 'lion'), true)
  // And the terminal echoes again.
  assert.match(await terminal.run('echo back'), /echo back/)
})
