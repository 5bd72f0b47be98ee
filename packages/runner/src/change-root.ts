import { readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { type LogFile, linkTarget, loadRotation } from '@runnerd/logging'
import { checkDirectory } from './check-directory.ts'
import { register } from './control/registry.ts'
import { ExitStatus } from './exit-status.ts'
import { built } from './home.ts'
import { lockWith } from './kernel-lock.ts'
import { loadLibc, systemError } from './libc.ts'
import type { Identity, RunnerSettings } from './plan.ts'
import { RunnerError } from './runner-error.ts'
import { connectSdNotify } from './sd-notify.ts'

const EAGAIN = 'EAGAIN'
const LOCK_EX = 2
const LOCK_NB = 4

/** Settings whose root is to be changed. */
export type Jailed = RunnerSettings & { readonly chroot: string }

export function isJailed(settings: RunnerSettings): settings is Jailed {
  return settings.chroot !== undefined
}

/**
 * Makes the directory of `--chroot` the root of this process. What is needed from
 * outside later is got before: runner's own code and winston's, and whoever can be
 * reached by a path there.
 *
 * @param identity who it is going to be; `undefined` who it is now
 * @returns the settings with their paths as they are in the new root; a log outside
 *   has none
 *
 * @throws RunnerError when it isn't allowed or can't be done, and when the run
 *   directory isn't there
 */
export async function changeRoot(
  settings: Jailed,
  file: LogFile,
  identity: Identity | undefined,
): Promise<RunnerSettings> {
  const { chroot, rundir, pidfile, logfile } = settings
  const attempt = `cannot change root to ${chroot}`
  const libc = loadLibc(attempt)
  loadWhatComesLater()
  loadRotation()
  connectSdNotify()
  if (pidfile !== undefined) register(pidfile, process.env)
  const { keep } = await import('./change-identity.ts')
  keep(identity, settings, file, (path) => insideRoot(settings, path))
  const log = logfile === undefined ? undefined : insideRoot(settings, logfile)
  if (libc.chroot(chroot) === -1) throw refused(attempt, libc.errno(), chroot)
  process.chdir('/')
  checkDirectory(rundir, `cannot run in ${rundir}`, 'ERR_RUNDIR')
  if (log !== undefined) file.setPath(log)
  lockWith((fd) => {
    if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return true
    return systemError(libc.errno(), 'flock', '').code !== EAGAIN
  })
  const inside = pidfile === undefined ? undefined : join('/', relative(chroot, pidfile))
  return { ...settings, pidfile: inside, logfile: log }
}

/**
 * Where the log is in the new root; `undefined` for one that is outside. A link is
 * followed to the file that is rotated.
 */
function insideRoot({ chroot }: Jailed, logfile: string): string | undefined {
  const target = linkTarget(logfile)
  const path = relative(realpathSync(chroot), join(realpathSync(dirname(target)), basename(target)))
  return path.startsWith('..') ? undefined : join('/', path)
}

/** The parts of the build that are left until they are needed. The build lists them. */
function loadWhatComesLater(): void {
  const require = createRequire(import.meta.filename)
  const parts: string[] = JSON.parse(readFileSync(built('late.json'), 'utf8'))
  // By the name they will be asked for: Node looks for no file then.
  for (const part of parts) require(`./${part}`)
}

function refused(attempt: string, errno: number, dir: string): Error {
  const cause = systemError(errno, 'chroot', dir)
  if (cause.code !== 'EPERM') return cause
  const message = `${attempt}: operation not permitted`
  const hint = 'are you root?'
  return new RunnerError('ERR_CHROOT', ExitStatus.NOPERM, message, { hint, cause })
}
