import { readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { type LogFile, linkTarget, loadRotation } from '@runnerd/logging'
import { register } from './control/registry.ts'
import { enterRoot, type Jailed, libcFor, pidFileInside } from './enter-root.ts'
import { built } from './home.ts'
import { lockWith } from './kernel-lock.ts'
import { systemError } from './libc.ts'
import type { Identity, RunnerSettings } from './plan.ts'
import { connectSdNotify } from './sd-notify.ts'

const EAGAIN = 'EAGAIN'
const LOCK_EX = 2
const LOCK_NB = 4

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
  const { pidfile, logfile } = settings
  const libc = libcFor(settings)
  loadWhatComesLater()
  loadRotation()
  connectSdNotify()
  if (pidfile !== undefined) register(pidfile, process.env)
  const { keep } = await import('./change-identity.ts')
  keep(identity, settings, file, (path) => insideRoot(settings, path))
  const log = logfile === undefined ? undefined : insideRoot(settings, logfile)
  enterRoot(settings, libc)
  if (log !== undefined) file.setPath(log)
  lockWith((fd) => {
    if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return true
    return systemError(libc.errno(), 'flock', '').code !== EAGAIN
  })
  return { ...settings, pidfile: pidFileInside(settings), logfile: log }
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
