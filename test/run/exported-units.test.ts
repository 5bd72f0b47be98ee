import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { hasCommand } from '../helpers/has-command.ts'
import { root } from '../helpers/paths.ts'

/** The machine that is booted, which scripts/try-systemd.mjs makes once. */
const machine = process.env.RUNNER_SYSTEMD_ROOT ?? join(tmpdir(), 'runner-systemd')

/** The status of the script where it can't make the machine. */
const UNAVAILABLE = 69

/** Why no systemd can be booted here; `false` if it can. */
function why(): string | false {
  if (process.platform !== 'linux') return 'there is systemd on Linux only'
  if (process.getuid?.() !== 0) return 'only root may boot a container'
  if (!hasCommand('systemd-nspawn')) return 'systemd-nspawn is not installed'
  if (!existsSync(join(machine, 'usr')) && !hasCommand('debootstrap')) {
    return `${machine} is not there, and debootstrap to make it is not installed`
  }
  // Inside of another container, for one.
  const ways = ['--quiet', '--register=no', '--keep-unit', '--private-network']
  const command = [...ways, '--directory=/', '--volatile=yes', 'true']
  const { stderr, status } = spawnSync('systemd-nspawn', command, { encoding: 'utf8' })
  return status === 0 ? false : `systemd-nspawn can't: ${stderr.trim()}`
}

test('the units that are exported do as they say, under a real systemd', { skip: why() }, (t) => {
  const script = join(root, 'scripts', 'try-systemd.mjs')
  const words = [process.execPath, script, '--workspace', '--root', machine, 'exported']
  // There is one machine: whoever else tests with it has to be waited for.
  const { status, stdout, stderr } = spawnSync('flock', [`${machine}.lock`, ...words], {
    encoding: 'utf8',
  })
  if (status === UNAVAILABLE) return t.skip(`debootstrap can't make ${machine}`)
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /^ℹ pass [1-9]/m)
})
