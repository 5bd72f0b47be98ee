import { chownSync, closeSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type LogFile, linkTarget, log } from '@runnerd/logging'
import type { RunControl } from './control/open-control.ts'
import { type Keeper, startKeeper } from './keeper.ts'
import { openNameless } from './nameless-file.ts'
import type { Identity, RunnerSettings } from './plan.ts'
import { assertNodeSheds, couldWrite, shedPrivileges } from './shed-privileges.ts'

/**
 * Becomes another user. The log goes on and the pid file and the control socket
 * go away all the same: they are given to the new user where that user may write
 * the directory, else kept by a keeper, which is returned.
 *
 * @param isKept whether there is a keeper already, because the root has changed
 *
 * @throws RunnerError when it isn't allowed
 */
export function changeIdentity(
  identity: Identity,
  settings: RunnerSettings,
  file: LogFile,
  control: RunControl | undefined,
  isKept = false,
): Keeper | undefined {
  const { euid } = settings
  let keeper: Keeper | undefined
  if (leavesRoot(identity)) {
    // Before anything is the new user's.
    assertNodeSheds(identity, euid)
    const { uid, gid } = idsOf(identity)
    control?.giveTo(uid, gid)
    if (!isKept) keeper = keep(identity, settings, file)
    giveFiles(identity, settings)
  }
  shedPrivileges(identity, euid)
  control?.enterAgain()
  log.msg(`set ${euid ? 'euid/egid' : 'uid/gid'} ${identity.uid ?? '-'}/${identity.gid ?? '-'}`)
  return keeper
}

/**
 * Starts a keeper for what can't be done later in directories that the new user may
 * not write; and, before a change of the root, for a log that will be outside it.
 *
 * @param inside what becomes of the log's path when the root changes
 */
export function keep(
  identity: Identity | undefined,
  { pidfile, logfile }: RunnerSettings,
  file: LogFile,
  inside: (path: string) => string | undefined = (path) => path,
): Keeper | undefined {
  const log = rotatedFile(logfile)
  const path = log && inside(log)
  const isShed = identity !== undefined && leavesRoot(identity)
  const isLost = (path: string): boolean => isShed && !mayWriteBeside(path, identity)
  const kept = {
    pidfile: pidfile !== undefined && isLost(pidfile) ? pidfile : undefined,
    log: log !== undefined && (path === undefined || isLost(log)) ? log : undefined,
  }
  if (kept.pidfile === undefined && kept.log === undefined) return undefined
  const { uid, gid } = idsOf(identity)
  const keeper = startKeeper({ ...kept, inside: path, owner: `${uid}:${gid}` })
  if (kept.log !== undefined) file.setDirectory(keeper.directory)
  return keeper
}

function giveFiles(identity: Identity, { pidfile, logfile }: RunnerSettings): void {
  const { uid, gid } = idsOf(identity)
  // In a directory with the sticky bit only the owner may remove a file.
  if (pidfile !== undefined && mayWriteBeside(pidfile, identity)) chownSync(pidfile, uid, gid)
  const log = rotatedFile(logfile)
  if (log !== undefined) chownSync(log, uid, gid)
}

/** Whether root is left, which is who may write everywhere. */
function leavesRoot({ uid }: Identity): boolean {
  return process.geteuid?.() === 0 && uid !== 0
}

function idsOf(identity: Identity | undefined): { uid: number; gid: number } {
  return { uid: identity?.uid ?? 0, gid: identity?.gid ?? process.getgid?.() ?? 0 }
}

function mayWriteBeside(path: string, identity: Identity): boolean {
  return couldWrite(identity, () => tryDirectory(dirname(path)))
}

/** The log as a file that is rotated; a device or a pipe is not, and stays whose it is. */
function rotatedFile(logfile: string | undefined): string | undefined {
  if (logfile === undefined || !statSync(logfile).isFile()) return undefined
  return linkTarget(logfile)
}

function tryDirectory(dir: string): void {
  closeSync(openNameless(dir))
}
