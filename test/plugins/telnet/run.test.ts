import assert from 'node:assert/strict'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { telnet } from '@runnerd/telnet'
import { checkPlugin, startService } from '@runnerd/testkit'
import { ourPlugins } from '../../helpers/paths.ts'
import { gone, runner } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { debugged, env, withUsers } from './served.ts'
import { TelnetClient } from './telnet-client.ts'

test('telnet is a sound plugin', async (t) => {
  const file = join(ourPlugins, 'telnet', 'dist', 'plugin.js')
  const users = join(withUsers(t), 'users')
  await checkPlugin(file, { args: ['--port', '0', '--password-file', users] })
})

test('it refuses to start where nobody, or too many, could log in', async (t) => {
  const users = ['--password-file', 'users']
  const refusals: [words: string[], message: RegExp][] = [
    [
      ['--ssh', 'tcp:0:interface=localhost'],
      /^nobody could log in without --password-file or --authorized-keys$/,
    ],
    [
      ['--ssh', 'tcp:0:interface=localhost', '--port', '0', '--authorized-keys', 'keys'],
      /^nobody could log in without --password-file$/,
    ],
    [
      [...users, '--listen', 'tcp:2323'],
      /^cannot use --listen tcp:2323: other machines could connect, and there is no --allow-remote$/,
    ],
    [
      [...users, '--ssh', 'tcp:2222:interface=0.0.0.0'],
      /^cannot use --ssh tcp:2222:interface=0\.0\.0\.0: other machines could connect, and there/,
    ],
    [[...users, '--listen', 'tcp:99999'], /^cannot use --listen tcp:99999: /],
    [[...users, '--authorized-keys', 'keys'], /option --authorized-keys needs --ssh too/],
    [
      [...users, '--login-tries', '1.5'],
      /^cannot use --login-tries 1\.5: it must be a whole number from 1$/,
    ],
    [
      [...users, '--login-timeout', '0'],
      /^cannot use --login-timeout 0: it must be above 0 and at most 86400 seconds$/,
    ],
  ]
  for (const [words, message] of refusals) {
    await assert.rejects(startService(telnet, words), { code: 'ERR_USAGE', message })
  }
  const cwd = tempDir(t)
  const nobody = await runner(['telnet'], { cwd, env })
  assert.equal(
    nobody.stderr,
    'runner: cannot run telnet: nobody could log in without --password-file\nhint: runner passwd FILE NAME makes one\n',
  )
  assert.equal(nobody.status, 64)
  const args = ['telnet', '--port', '0', '--password-file', 'none']
  const missing = await runner(args, { cwd, env })
  assert.match(missing.stderr, /^runner: cannot use password file none: no such file\nhint: /)
  assert.equal(missing.status, 66)
  writeFileSync(join(cwd, 'none'), '', { mode: 0o600 })
  const empty = await runner(args, { cwd, env })
  assert.equal(
    empty.stderr,
    'runner: cannot use password file none: there is no user in it\nhint: runner passwd none NAME adds a user\n',
  )
  assert.equal(empty.status, 78)
})

test('other machines may connect if both --listen and --allow-remote say so', async (t) => {
  const { port } = await debugged(t, '--allow-remote', '--listen', 'tcp:0')
  const client = await TelnetClient.logIn(t, port)
  client.send('Object.keys(services).length > 2\n')
  await client.shows('true\r\n')
})

test('a stop tells who is there, logged in or not, and ends', async (t) => {
  const { port, cwd, pid, line } = await debugged(t)
  const inside = await TelnetClient.logIn(t, port, 'terminal')
  const outside = await TelnetClient.connect(t, port)
  await outside.shows('Username: ')
  const { status, stderr } = await runner(['stop'], { cwd })
  assert.deepEqual([status, stderr], [0, ''])
  await gone(pid)
  assert.match(await inside.rest(), /\r\n\*\*\* The service stops: goodbye\r\n$/)
  assert.match(await outside.rest(), /\r\n\*\*\* The service stops: goodbye\r\n$/)
  await line(/\[Telnet\] anna from 127\.0\.0\.1:\d+ logged out after \d+ s$/m)
})

test('without the package ssh2 there is telnet, and --ssh says what is missing', async (t) => {
  const cwd = withUsers(t)
  const copy = join(cwd, 'plugins', 'telnet')
  for (const name of ['dist', 'package.json']) {
    cpSync(join(ourPlugins, 'telnet', name), join(copy, name), { recursive: true })
  }
  const args = ['telnet', '--password-file', 'users', '--ssh', 'tcp:0:interface=localhost']
  const { status, stderr } = await runner(args, { cwd })
  assert.equal(
    stderr,
    'runner: cannot use --ssh: the package ssh2 is not installed\nhint: npm install ssh2, beside @runnerd/telnet\n',
  )
  assert.equal(status, 64)
  const help = await runner(['telnet', '--help'], { cwd })
  assert.match(help.stdout, /--password-file/)
})
