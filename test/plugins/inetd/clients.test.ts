import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { hasCommand } from '../../helpers/has-command.ts'
import { reload } from '../../helpers/reloadable.ts'
import { gone } from '../../helpers/runner.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { me, ports, serve } from './serving.ts'

const run = promisify(execFile)

function missing(...commands: string[]): string | false {
  const none = commands.find((command) => !(hasCommand(command) || existsSync(command)))
  return none === undefined ? false : `there is no ${none}`
}

test('ssh talks to an sshd of its own, which a reload leaves alone', {
  skip: missing('/usr/sbin/sshd', 'ssh', 'ssh-keygen'),
}, async (t) => {
  const dir = tempDir(t)
  chmodSync(dir, 0o755)
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)])
  }
  copyFileSync(join(dir, 'user.pub'), join(dir, 'keys'))
  const settings = [
    ...[`HostKey ${dir}/host`, `AuthorizedKeysFile ${dir}/keys`, 'StrictModes no', 'UsePAM no'],
    'PermitRootLogin yes',
  ]
  writeFileSync(join(dir, 'config'), `${settings.join('\n')}\n`)
  // The unit of the package makes it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  const [port] = (await ports(1)) as [number]
  const line = `${port} stream tcp nowait ${me} /usr/sbin/sshd sshd -i -f ${dir}/config`
  const served = await serve(t, [line], [], ['--umask', '022'])
  const settingsOfClient = [
    ...['StrictHostKeyChecking=no', `UserKnownHostsFile=${dir}/known`, 'BatchMode=yes'],
    ...['IdentitiesOnly=yes', `IdentityFile=${dir}/user`, `User=${userInfo().username}`],
  ]
  const options = settingsOfClient.flatMap((each) => ['-o', each])
  const ssh = ['-F', 'none', ...options, '-p', String(port), '127.0.0.1']
  const session = execFile('ssh', [...ssh, 'echo first; read line; echo "$line"'])
  let said = ''
  await new Promise<void>((resolve) =>
    session.stdout?.on('data', (text) => {
      said += text
      resolve()
    }),
  )
  assert.equal((await reload(served.cwd)).generation, 2)
  assert.equal((await run('ssh', [...ssh, 'echo second'])).stdout, 'second\n')
  session.stdin?.end('still there\n')
  await new Promise((resolve) => session.on('close', resolve))
  assert.equal(said, 'first\nstill there\n')
  await gone(served.pid)
})

test('git clones from a git daemon of its own', { skip: missing('git') }, async (t) => {
  const dir = tempDir(t)
  chmodSync(dir, 0o755)
  const git = (...args: string[]): void => {
    const { status, stderr } = spawnSync('git', args, { cwd: dir, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
  const author = ['-c', 'user.name=John', '-c', 'user.email=john@localhost']
  git('init', '-q', '-b', 'main', 'poems')
  writeFileSync(join(dir, 'poems', 'poem.txt'), 'No man is an island\n'.repeat(100_000))
  git('-C', 'poems', 'add', '.')
  git('-C', 'poems', ...author, 'commit', '-q', '-m', 'a poem')
  const [port] = (await ports(1)) as [number]
  const program = `git daemon --inetd --export-all --base-path=${dir}`
  await serve(t, [`${port} stream tcp nowait ${me} /usr/bin/env env ${program}`])
  const clones = [1, 2, 3].map((n) =>
    run('git', ['clone', '-q', `git://127.0.0.1:${port}/poems`, join(dir, `${n}`)]),
  )
  await Promise.all(clones)
  git('-C', '3', 'fsck', '--strict')
  assert.ok(existsSync(join(dir, '3', 'poem.txt')))
})
