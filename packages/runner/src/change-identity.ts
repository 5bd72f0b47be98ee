import { chownSync, closeSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type LogFile, linkTarget, log } from '@runnerd/logging'
import type { RunControl } from './control/open-control.ts'
import { type Keeper, startKeeper } from './keeper.ts'
import { openNameless } from './nameless-file.ts'
import type { Identity, RunnerSettings } from './plan.ts'
import { couldWrite, shedPrivileges } from './shed-privileges.ts'

/**
 * Becomes another user. The log goes on and the pid file and the control socket
 * go away all the same: they are given to the new user where that user may write
 * the directory, else kept by a keeper, which is returned.
 *
 * @throws RunnerError when it isn't allowed
 */
export function changeIdentity(
  identity: Identity,
  { euid, pidfile, logfile }: RunnerSettings,
  file: LogFile,
  control: RunControl | undefined,
): Keeper | undefined {
  const mustHandOver = process.geteuid?.() === 0 && identity.uid !== 0
  if (mustHandOver) control?.giveTo(identity.uid ?? 0, identity.gid ?? process.getgid?.() ?? 0)
  const keeper = mustHandOver ? handOver(identity, pidfile, logfile, file) : undefined
  shedPrivileges(identity, euid)
  control?.enterAgain()
  log.msg(`set ${euid ? 'euid/egid' : 'uid/gid'} ${identity.uid ?? '-'}/${identity.gid ?? '-'}`)
  return keeper
}

function handOver(
  identity: Identity,
  pidfile: string | undefined,
  logfile: string | undefined,
  file: LogFile,
): Keeper | undefined {
  const uid = identity.uid ?? 0
  const gid = identity.gid ?? process.getgid?.() ?? 0
  const rotated = rotatedFile(logfile)
  const mayHave = (path: string): boolean => couldWrite(identity, () => tryDirectory(dirname(path)))
  const isKept = (path: string | undefined): path is string => path !== undefined && !mayHave(path)
  const keptPidFile = isKept(pidfile) ? pidfile : undefined
  const keptLog = isKept(rotated) ? rotated : undefined
  // In a directory with the sticky bit only the owner may remove a file.
  if (pidfile !== undefined && keptPidFile === undefined) chownSync(pidfile, uid, gid)
  if (rotated !== undefined) chownSync(rotated, uid, gid)
  if (keptPidFile === undefined && keptLog === undefined) return undefined
  const keeper = startKeeper({ pidfile: keptPidFile, log: keptLog, owner: `${uid}:${gid}` })
  if (keptLog !== undefined) file.setDirectory(keeper.directory)
  return keeper
}

/** The log as a file that is rotated; a device or a pipe is not, and stays whose it is. */
function rotatedFile(logfile: string | undefined): string | undefined {
  if (logfile === undefined || !statSync(logfile).isFile()) return undefined
  return linkTarget(logfile)
}

function tryDirectory(dir: string): void {
  closeSync(openNameless(dir))
}
