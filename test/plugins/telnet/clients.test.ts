import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as Keys from '../../../plugins/telnet/dist/ssh/authorized-keys.d.ts'
import type * as HostKey from '../../../plugins/telnet/dist/ssh/host-key.d.ts'
import type * as Load from '../../../plugins/telnet/dist/ssh/load-ssh2.d.ts'
import { freePort } from '../../helpers/free-port.ts'
import { hasCommand } from '../../helpers/has-command.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { type Daemon, daemon, gone, isAlive, runner } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { until } from '../../helpers/until.ts'
import { debugged, env, HOLD, IS_GONE, lineOf, withUsers } from './served.ts'
import { Tmux } from './tmux.ts'

function missing(...commands: string[]): string | false {
  const none = commands.find((command) => !hasCommand(command))
  return none === undefined ? false : `${none} is not installed`
}

test("Debian's telnet has line editing, history, completion and its size, and no echo of the password", {
  skip: missing('telnet', 'tmux'),
}, async (t) => {
  const { port, cwd, line } = await debugged(t)
  const screen = new Tmux(t, cwd, `telnet 127.0.0.1 ${port}`)
  await screen.shows(/^Username:$/m)
  screen.type('annx')
  screen.press('BSpace')
  screen.type('a')
  screen.press('Enter')
  await screen.shows(/^Username: anna\nPassword:$/m)
  screen.type('tiger')
  screen.press('Enter')
  assert.doesNotMatch(await screen.shows(/^>$/m), /tiger/)
  await line(/anna logged in from/)
  screen.type('"grüße" + 1')
  await screen.shows(/^> "grüße" \+ 1$/m)
  screen.press('Home')
  // Each by itself: what comes at once is pasted, which Node 20 mixes up within a line.
  screen.type('0')
  await screen.shows(/^> 0"grüße" \+ 1$/m)
  screen.type('+')
  await screen.shows(/^> 0\+"grüße" \+ 1$/m)
  screen.press('Enter')
  await screen.shows(/^> 0\+"grüße" \+ 1\n'0grüße1'\n>$/m)
  screen.press('Up')
  await screen.shows(/'0grüße1'\n> 0\+"grüße" \+ 1$/m)
  screen.press('C-u')
  await screen.shows(/'0grüße1'\n>$/m)
  screen.type('services.passw')
  await screen.shows(/^> services\.passw$/m)
  screen.press('Tab')
  await screen.shows(/^> services\.passwords$/m)
  screen.press('C-c')
  await screen.shows(/^> services\.passwords\n>$/m)
  screen.type('"-".repeat(120)')
  screen.press('Enter')
  await screen.shows(/^'-{79}\n-{41}'\n>$/m)
  screen.resize(30, 24)
  await until('a list that fits', async () => {
    screen.type('process.st')
    await screen.shows(/^> process\.st$/m)
    // Each by itself: of two that come at once only one is for completion.
    screen.press('Tab')
    await screen.shows(/^> process\.std$/m)
    screen.press('Tab')
    const shown = await screen.shows(/^process\.stderr\s+process\.stdin\s+process\.stdout\n/m)
    screen.press('C-u')
    await screen.shows(/^>$/m)
    // The client may have told its new size only now.
    return /^process\.stderr\nprocess\.stdin\nprocess\.stdout\n/m.test(shown) || undefined
  })
  screen.press('C-d')
  await screen.shows(/Connection closed by foreign h/)
  await line(/anna from .* logged out after/)
})

interface Said {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

async function run(
  command: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Said> {
  const child = spawn(command, args, { env: { ...process.env, ...options.env } })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text) => {
      said[name] += text
    })
  }
  child.stdin.on('error', () => {}).end(options.input ?? '')
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, ...said }
}

interface OverSSH extends Daemon {
  readonly cwd: string
  /** The words of a client that has the key `id`. */
  readonly ssh: string[]
  /** Those of one that has none. */
  readonly keyless: string[]
  line(pattern: RegExp): Promise<string>
}

async function overSSH(
  t: TestContext,
  words: readonly string[] = [],
  more: NodeJS.ProcessEnv = {},
): Promise<OverSSH> {
  const cwd = withUsers(t)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'desk', '-f', join(cwd, 'id')])
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', join(cwd, 'rsa')])
  const keys = [
    '# who may',
    '',
    readFileSync(join(cwd, 'id.pub')),
    readFileSync(join(cwd, 'rsa.pub')),
  ]
  writeFileSync(join(cwd, 'keys'), keys.join('\n'), { mode: 0o644 })
  const port = await freePort()
  const where = ['--ssh', `tcp:${port}:interface=localhost`, '--authorized-keys', 'keys']
  const all = ['telnet', ...where, '--password-file', 'users', ...words]
  const started = await daemon(t, all, { cwd, env: { ...env, ...more } })
  const keyless = [
    ...['-F', 'none', '-p', String(port), '-o', 'StrictHostKeyChecking=accept-new'],
    ...['-o', `UserKnownHostsFile=${join(cwd, 'known')}`, '-o', 'IdentitiesOnly=yes'],
    ...['-o', 'LogLevel=ERROR', 'anna@127.0.0.1'],
  ]
  const ssh = ['-i', join(cwd, 'id'), '-o', 'BatchMode=yes', ...keyless]
  return { ...started, cwd, ssh, keyless, line: lineOf(started) }
}

const noSSH = missing('ssh', 'ssh-keygen')

/** A part of the plugin. */
async function ofSSH<T>(name: string): Promise<T> {
  return await import(pathToFileURL(join(ourPlugins, 'telnet', 'dist', 'ssh', name)).href)
}

test('ssh runs one command, by any kind of key: its value, its errors and its status', {
  skip: noSSH,
}, async (t) => {
  const { cwd, ssh, line, log } = await overSSH(t)
  assert.deepEqual(await run('ssh', [...ssh, 'app.name']), {
    status: 0,
    stdout: 'telnet\n',
    stderr: '',
  })
  assert.equal(
    (await run('ssh', [...ssh, '[1, await 2, Promise]'])).stdout,
    '[ 1, 2, [Function: Promise] ]\n',
  )
  assert.equal(
    (await run('ssh', [...ssh, 'new Promise((done) => setTimeout(done, 20, "late"))'])).stdout,
    'late\n',
  )
  assert.deepEqual(await run('ssh', [...ssh, 'void console.log("shown")']), {
    status: 0,
    stdout: 'shown\n',
    stderr: '',
  })
  for (const [command, error] of [
    ['throw new Error("oops")', /^Uncaught Error: oops\n/],
    ['await Promise.reject(new Error("oops"))', /^Uncaught Error: oops\n/],
    ['start("nothing")', /^Uncaught Error: There is no service "nothing"/],
    ['{', /^Uncaught SyntaxError: /],
    ['1 +* 2', /^Uncaught /],
  ] as const) {
    const { status, stdout, stderr } = await run('ssh', [...ssh, command])
    assert.deepEqual([status, stdout], [1, ''], command)
    assert.match(stderr, error)
  }
  assert.equal((await run('ssh', [...ssh, HOLD])).stdout, '[ {} ]\n')
  assert.equal((await run('ssh', [...ssh, IS_GONE])).stdout, 'it is gone\n')
  // What it would like first is what ssh2 can't do as a server.
  const kex = 'KexAlgorithms=diffie-hellman-group-exchange-sha256,curve25519-sha256'
  const rsa = ['-i', join(cwd, 'rsa'), '-o', kex, ...ssh.slice(2)]
  assert.equal((await run('ssh', [...rsa, '1 + 1'])).stdout, '2\n')
  await line(/\[SSH\] anna logged in from 127\.0\.0\.1:\d+ by key SHA256:\S+ \(desk\)$/m)
  assert.doesNotMatch(log(), /telnet starting/i, 'only SSH listens')

  // Each line runs when the one before has come to its end.
  const lines = [
    'x = await new Promise((done) => setTimeout(done, 20, 41))',
    'x + 1',
    'await Promise.reject("oops")',
    ...['[1, 2].map((n) => {', 'return n', '})'],
    '.editor',
    '({ [Symbol.for("nodejs.util.inspect.custom")]() { throw "unshown" } })',
    '.stop nothing',
    'await new Promise((done) => setTimeout(done, 20, "last"))',
  ]
  const said = [
    ...["41\n42\nUncaught 'oops'\n[ 1, 2 ]\nInvalid REPL keyword\nUncaught 'unshown'\n"],
    ...['There is no service "nothing": services has all of them\n', "'last'\n"],
  ]
  const script = await run('ssh', [...ssh, '-T'], { input: lines.join('\n') })
  assert.deepEqual(script, { status: 0, stdout: said.join(''), stderr: '' })
})

test('a command with a terminal has the ends of lines that one wants, and ends at ^C', {
  skip: noSSH,
}, async (t) => {
  const { ssh } = await overSSH(t)
  const { status, stdout } = await run('ssh', [...ssh, '-tt', 'console.log("a\\nb"); "c"'])
  assert.deepEqual([status, stdout], [0, 'a\r\nb\r\nc\r\n'])
  const waits = [...ssh, '-tt', 'await new Promise(() => {})']
  assert.equal((await run('ssh', waits, { input: '\x03' })).status, 130)
})

test('a key may have any blanks around it, and one that is none is told from one that is not supported', async (t) => {
  const { loadSSH2 }: typeof Load = await ofSSH('load-ssh2.js')
  const { AuthorizedKeys }: typeof Keys = await ofSSH('authorized-keys.js')
  const file = join(tempDir(t), 'keys')
  const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIJpnhwfEDwRlB+FuTKMyod6aKIbRRbUpOpMWQw9NK0wi'
  const keys = new AuthorizedKeys(file, await loadSSH2())
  for (const [line, said] of [
    [` ssh-ed25519\t ${key}\tthe desk `, 'the desk'],
    [`ssh-ed25519 ${key}`, 'SHA256'],
    ['ssh-ed25519 AAAA', 'line 1 is no key'],
    ['sk-ssh-ed25519@openssh.com AAAA', 'line 1 is of a security key, which is not supported'],
    [`no-pty ssh-ed25519 ${key}`, 'options are not supported'],
  ] as const) {
    writeFileSync(file, `${line}\n`, { mode: 0o600 })
    const told = await keys.read().then(
      ([first]) => first?.name,
      ({ message }) => message,
    )
    assert.ok(told?.includes(said), told)
  }
})

test('ssh has a terminal with line editing, and sees a stop', {
  skip: noSSH || missing('tmux'),
}, async (t) => {
  const { cwd, ssh, pid } = await overSSH(t)
  const screen = new Tmux(t, cwd, `ssh ${ssh.join(' ')}; echo status $?`)
  await screen.shows(/^>$/m)
  screen.type('40 + 3')
  screen.press('BSpace')
  screen.type('2')
  screen.press('Enter')
  await screen.shows(/^> 40 \+ 2\n42\n>$/m)
  screen.type('services.passw')
  await screen.shows(/^> services\.passw$/m)
  screen.press('Tab')
  await screen.shows(/^> services\.passwords$/m)
  screen.press('C-c')
  screen.type('await new Promise(() => {})')
  screen.press('Enter')
  await screen.shows(/new Promise\(\(\) => \{\}\)\n$/m)
  screen.press('C-c')
  await screen.shows(/ERR_SCRIPT_EXECUTION_INTERRUPTED/)
  const { status } = await runner(['stop'], { cwd })
  assert.equal(status, 0)
  await screen.shows(/^\*\*\* The service stops: goodbye$/m)
  await screen.shows(/^status \d+$/m)
  await gone(pid)
})

test('ssh logs in by password, and by no key or password that is not known', {
  skip: noSSH,
}, async (t) => {
  const { cwd, keyless, line, log } = await overSSH(t, ['--login-tries', '2'])
  const tell = (password: string): Record<string, string> => {
    writeFileSync(join(cwd, 'ask'), `#!/bin/sh\necho ${password}\n`, { mode: 0o700 })
    return { SSH_ASKPASS: join(cwd, 'ask'), SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' }
  }
  const right = await run('ssh', [...keyless, '1 + 1'], { env: tell('tiger') })
  assert.deepEqual([right.status, right.stdout], [0, '2\n'], right.stderr)
  await line(/\[SSH\] anna logged in from \S+ by password$/m)
  const wrong = await run('ssh', [...keyless, '1 + 1'], { env: tell('lion') })
  assert.deepEqual([wrong.status, wrong.stdout], [255, ''])
  await line(/\[SSH\] login of "anna" from \S+ failed: wrong name or password$/m)
  await line(/\[SSH\] 127\.0\.0\.1:\d+ hung up on: too many logins failed$/m)

  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(cwd, 'other')])
  const other = ['-i', join(cwd, 'other'), '-o', 'BatchMode=yes', ...keyless, '1 + 1']
  assert.equal((await run('ssh', other)).status, 255)
  await line(/login of "anna" from \S+ failed: unknown key SHA256:/)
  // The file is looked at each time.
  appendFileSync(join(cwd, 'keys'), readFileSync(join(cwd, 'other.pub')))
  assert.equal((await run('ssh', other)).stdout, '2\n')
  appendFileSync(join(cwd, 'keys'), `from="10.0.0.1" ${readFileSync(join(cwd, 'other.pub'))}`)
  assert.equal((await run('ssh', other)).status, 255)
  await line(/failed: cannot use the keys of keys: line \d+ doesn't begin with a key's type/)
  assert.doesNotMatch(log(), /tiger|lion/)
})

test('a session that cannot be had, by a shell or a command, ends no daemon', {
  skip: noSSH,
}, async (t) => {
  // Node before 26 has no REPL beside that.
  const capture = 'process.setUncaughtExceptionCaptureCallback(()=>{})'
  const more = { NODE_OPTIONS: `--import=data:text/javascript,${capture}` }
  const { ssh, pid, line } = await overSSH(t, [], more)
  const hasRepl = Number(process.versions.node.split('.')[0]) >= 26
  for (const words of [['1 + 1'], ['-T']]) {
    const { stdout, status } = await run('ssh', [...ssh, ...words], { input: '1 + 1\n' })
    if (hasRepl) assert.equal(stdout, '2\n')
    else assert.notEqual(status, 0)
  }
  if (!hasRepl) await line(/A session has failed\n\tError \[ERR_DOMAIN/)
  assert.ok(isAlive(pid))
})

test('processes that start at the same time make one host key', async (t) => {
  const { loadSSH2 }: typeof Load = await ofSSH('load-ssh2.js')
  const { hostKeyAt }: typeof HostKey = await ofSSH('host-key.js')
  const ssh2 = await loadSSH2()
  const file = join(tempDir(t), 'key')
  const keys = await Promise.all(Array.from({ length: 4 }, () => hostKeyAt(file, ssh2)))
  assert.equal(new Set(keys.map((key) => key.getPrivatePEM())).size, 1)
  assert.deepEqual(readdirSync(dirname(file)), ['key'], 'no draft is left')
})

test('the host key is made once and kept, and refused where others may read it', {
  skip: noSSH,
}, async (t) => {
  const { cwd, ssh, stop } = await overSSH(t)
  const file = join(cwd, 'ssh-host-key')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const text = readFileSync(file, 'utf8')
  assert.equal((await run('ssh', [...ssh, '1'])).stdout, '1\n')
  await stop()
  const at = ['--ssh', 'tcp:0:interface=localhost', '--authorized-keys', 'keys']
  const again = await daemon(t, ['telnet', ...at], { cwd, env })
  assert.equal(readFileSync(file, 'utf8'), text)
  await again.stop()
  chmodSync(file, 0o644)
  const refused = await runner(['telnet', ...at], { cwd, env })
  assert.equal(refused.status, 77)
  assert.equal(
    refused.stderr,
    'runner: cannot use the host key ssh-host-key: others than its owner may read or write it\nhint: chmod 600 ssh-host-key\n',
  )
  const known = join(cwd, 'nowhere', 'key')
  const unmade = await runner(['telnet', ...at, '--ssh-host-key', known], { cwd, env })
  assert.match(
    unmade.stderr,
    /^runner: cannot make the host key .*: no such file or directory\nhint: /,
  )
  assert.equal(unmade.status, 73)
  writeFileSync(join(cwd, 'keys'), 'ssh-ed25519 nonsense\n')
  const invalid = await runner(['telnet', ...at, '--ssh-host-key', join(cwd, 'id')], { cwd, env })
  assert.match(invalid.stderr, /^runner: cannot use the keys of keys: line 1 is no key\n/)
  assert.equal(invalid.status, 78)
  writeFileSync(join(cwd, 'keys'), '# none yet\n')
  const empty = await runner(['telnet', ...at, '--ssh-host-key', join(cwd, 'id')], { cwd, env })
  assert.match(empty.stderr, /^runner: cannot use the keys of keys: there is no key in it\nhint: /)
  assert.equal(empty.status, 78)
  assert.ok(!existsSync(known))
})
