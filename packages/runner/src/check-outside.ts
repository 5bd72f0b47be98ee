import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { LogOpenError, linkTarget } from '@runnerd/logging'
import type { Application } from '@runnerd/service'
import { enterRoot, isJailed, libcFor, pidFileInside } from './enter-root.ts'
import { enterRunDirectory } from './enter-run-directory.ts'
import { identityFor } from './identity-for.ts'
import { draftOf, unwritablePidFile } from './pid-file.ts'
import type { RunnerSettings } from './plan.ts'
import { readPidFile } from './read-pid-file.ts'
import { shedPrivileges } from './shed-privileges.ts'

const { O_APPEND, O_WRONLY, R_OK, W_OK, X_OK } = constants

/**
 * Looks whether a run would have its log and its profile, and makes neither. Only a
 * `--logger` is made as for a run, for nobody else knows whether it can be.
 *
 * @throws what a run would fail with
 */
export async function checkLog(settings: RunnerSettings): Promise<void> {
  const { logger, syslog, logfile, profile } = settings
  if (logger !== undefined) {
    await (await import('./load-logger.ts')).loadLogger(logger)
  } else if (syslog !== undefined) {
    ;(await import('./syslog-daemon.ts')).openSyslogDaemon(syslog)
  } else if (logfile !== undefined) {
    attempt(
      () => tryToAppend(logfile),
      (error) => new LogOpenError(logfile, error),
    )
  }
  if (profile === undefined) return
  const { unwritableProfile } = await import('./record-profile.ts')
  attempt(
    () => tryToAppend(profile),
    (error) => unwritableProfile(profile, error),
  )
}

/**
 * Looks whether the pid file could be written. One of a living process is no fault: a
 * daemon that runs is what most checks are made for.
 *
 * @throws what a run would fail with
 */
export function checkPidFile(path: string | undefined): void {
  if (path === undefined) return
  attempt(
    () => tryToMake(draftOf(path)),
    (error) => unwritablePidFile(path, error),
  )
  readPidFile(path)
}

/**
 * Does to this process what a run does to its own between the making of its
 * application and the end of the start of that, but for all that would be left when it
 * ends. Nothing can be loaded afterwards.
 *
 * @throws what a run would fail with
 */
export async function rehearse(settings: RunnerSettings, application: Application): Promise<void> {
  let { pidfile } = settings
  if (isJailed(settings)) {
    enterRoot(settings, libcFor(settings))
    pidfile = pidFileInside(settings)
  }
  enterRunDirectory(settings.rundir)
  checkPidFile(pidfile)
  // Another copy of the service package may be older.
  await application.checkPrivilegedStart?.()
  const identity = identityFor(settings, application)
  if (identity !== undefined) shedPrivileges(identity, settings.euid)
  await application.checkStart?.()
}

function attempt(act: () => void, explained: (error: unknown) => Error): void {
  try {
    act()
  } catch (error) {
    throw explained(error)
  }
}

/** Whether a file could be opened to be written on, or made. */
function tryToAppend(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) tryToMake(linkTarget(path))
  // Somebody may notice who reads a fifo or has made a device.
  else if (found.isFIFO()) accessSync(path, R_OK | W_OK)
  else if (found.isCharacterDevice() || found.isBlockDevice()) accessSync(path, W_OK)
  else closeSync(openSync(path, O_APPEND | O_WRONLY))
}

/** Whether a file could be made where there is none. */
function tryToMake(path: string): void {
  statSync(path, { throwIfNoEntry: false })
  // With the dot it is a directory or an error.
  accessSync(`${dirname(path)}/.`, W_OK | X_OK)
}
