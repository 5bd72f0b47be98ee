import { join, relative } from 'node:path'
import { checkDirectory } from './check-directory.ts'
import { ExitStatus } from './exit-status.ts'
import { type Libc, loadLibc, systemError } from './libc.ts'
import type { RunnerSettings } from './plan.ts'
import { RunnerError } from './runner-error.ts'

/** Settings whose root is to be changed. */
export type Jailed = RunnerSettings & { readonly chroot: string }

export function isJailed(settings: RunnerSettings): settings is Jailed {
  return settings.chroot !== undefined
}

/** What changes the root. @throws RunnerError without koffi */
export function libcFor({ chroot }: Jailed): Libc {
  return loadLibc(attemptAt(chroot))
}

/**
 * Makes the directory of `--chroot` the root of this process and nothing else: what
 * is needed from outside is to be got before.
 *
 * @throws RunnerError when it isn't allowed, and when the run directory isn't in there
 */
export function enterRoot({ chroot, rundir }: Jailed, libc: Libc): void {
  if (libc.chroot(chroot) === -1) throw refused(libc.errno(), chroot)
  process.chdir('/')
  checkDirectory(rundir, `cannot run in ${rundir}`, 'ERR_RUNDIR')
}

/** The pid file's path in the new root, where it always is. */
export function pidFileInside({ chroot, pidfile }: Jailed): string | undefined {
  return pidfile === undefined ? undefined : join('/', relative(chroot, pidfile))
}

function refused(errno: number, chroot: string): Error {
  const cause = systemError(errno, 'chroot', chroot)
  if (cause.code !== 'EPERM') return cause
  const message = `${attemptAt(chroot)}: operation not permitted`
  const hint = 'are you root?'
  return new RunnerError('ERR_CHROOT', ExitStatus.NOPERM, message, { hint, cause })
}

function attemptAt(chroot: string): string {
  return `cannot change root to ${chroot}`
}
