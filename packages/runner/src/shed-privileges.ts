import { ExitStatus } from './exit-status.ts'
import type { Identity } from './plan.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Gives up the privileges of the user that started runner: supplementary groups
 * first, then the group, then the user, and looks whether it is so. With `euid`
 * only the effective ids, from which there is a way back.
 *
 * @throws RunnerError when it isn't allowed, or didn't happen
 *
 * @see Twisted's `shedPrivileges`, and setuid(2)
 */
export function shedPrivileges(identity: Identity, euid: boolean): void {
  if (isAlready(identity, euid)) return
  assertNodeSheds(identity, euid)
  const { uid, gid } = identity
  const wanted = wantedIds(identity, euid)
  try {
    if (process.getuid?.() === 0) setGroups(identity)
    if (gid !== undefined) (euid ? process.setegid : process.setgid)?.(gid)
    if (uid !== undefined) (euid ? process.seteuid : process.setuid)?.(uid)
  } catch (error) {
    const message = `cannot set ${wanted}: operation not permitted`
    const hint = 'are you root?'
    throw new RunnerError('ERR_PRIVILEGES', ExitStatus.NOPERM, message, { hint, cause: error })
  }
  if (!isAlready(identity, euid)) {
    throw new RunnerError('ERR_PRIVILEGES', ExitStatus.NOPERM, `cannot set ${wanted}: no effect`)
  }
}

/**
 * Looks whether Node changes the ids of a process. One that was built with a libuv
 * of the system's, as Debian 13's is, refuses to, even for root: such a libuv may
 * have io_uring go on as root (CVE-2024-22017).
 *
 * @throws RunnerError when it refuses to
 */
export function assertNodeSheds(identity: Identity, euid: boolean): void {
  if (process.getuid?.() !== 0) return
  try {
    process.setegid?.(process.getegid?.() as number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_INVALID_STATE') return
    const message = `cannot set ${wantedIds(identity, euid)}: this Node refuses to, for CVE-2024-22017`
    const hint = "Debian 13's own does, that of nodejs.org doesn't"
    throw new RunnerError('ERR_PRIVILEGES', ExitStatus.NOPERM, message, { hint, cause: error })
  }
}

function wantedIds({ uid, gid }: Identity, euid: boolean): string {
  return `${euid ? 'euid/egid' : 'uid/gid'} ${uid ?? '-'}/${gid ?? '-'}`
}

/** Node has it; its types have not. */
type WithInitgroups = NodeJS.Process & { initgroups(user: string, extraGroup: number): void }

/** As `initgroups(3)`; a number that is nobody's has its group and no other. */
function setGroups({ user, gid, groups }: Identity): void {
  if (gid === undefined) return
  if (groups !== undefined) process.setgroups?.(groups)
  else if (user === undefined || /^\d+$/.test(user)) process.setgroups?.([gid])
  else (process as WithInitgroups).initgroups(user, gid)
}

function isAlready({ uid, gid }: Identity, euid: boolean): boolean {
  const user = [process.geteuid?.(), ...(euid ? [] : [process.getuid?.()])]
  const group = [process.getegid?.(), ...(euid ? [] : [process.getgid?.()])]
  return (
    (uid === undefined || user.every((id) => id === uid)) &&
    (gid === undefined || group.every((id) => id === gid))
  )
}

/** Does something as who started the process, where only the effective user was changed. */
export function asStarter(act: () => void): void {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()]
  if (uid === undefined || gid === undefined || uid === process.getuid?.()) return
  process.seteuid?.(process.getuid?.() as number)
  process.setegid?.(process.getgid?.() as number)
  try {
    act()
  } finally {
    process.setegid?.(gid)
    process.seteuid?.(uid)
  }
}

/**
 * True when the given user, groups and all, may make files in a directory. Asked
 * as root; it tries it, since only the kernel knows all that counts.
 */
export function couldWrite(identity: Identity, tryIt: () => void): boolean {
  const groups = process.getgroups?.() ?? []
  const [euid, egid] = [process.geteuid?.() as number, process.getegid?.() as number]
  try {
    setGroups(identity)
    if (identity.gid !== undefined) process.setegid?.(identity.gid)
    if (identity.uid !== undefined) process.seteuid?.(identity.uid)
    tryIt()
    return true
  } catch {
    return false
  } finally {
    process.seteuid?.(euid)
    process.setegid?.(egid)
    process.setgroups?.(groups)
  }
}
