import { lstatSync, statSync } from 'node:fs'
import { isLocked } from '../kernel-lock.ts'
import { usersOf } from '../process-state.ts'
import { type Attempt, notRunners, untrustedPidFile } from './daemon-faults.ts'

/**
 * Makes sure that the process that a pid file names is a runner, as far as that can be
 * known without asking it: a runner holds the lock of its pid file. Root believes no
 * file in which another user could have written the pid of somebody else's process.
 *
 * @throws RunnerError
 */
export function checkSignaled(at: Attempt): void {
  if (!isHeld(at.pidfile)) throw notRunners(at)
  if (process.getuid?.() !== 0) return
  const users = usersOf(at.pid)
  const owners = [lstatSync(at.pidfile).uid, statSync(at.pidfile).uid]
  const isTheirs = (owner: number): boolean =>
    users.length > 0 && users.every((user) => user === owner)
  if (!owners.every((owner) => owner === 0 || isTheirs(owner))) throw untrustedPidFile(at)
}

/** Whether anybody holds the lock of a pid file. */
export function isHeld(pidfile: string): boolean {
  try {
    return isLocked(pidfile)
  } catch {
    // Gone by now.
    return false
  }
}
