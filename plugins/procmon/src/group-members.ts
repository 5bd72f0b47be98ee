import { readdirSync, readFileSync } from 'node:fs'
import type { UNIXCredentials } from 'runnerd'

/**
 * Whether anybody in a process group is alive. One who has ended and was not asked after
 * yet, as it may stay in a container for ever, is not; only Linux tells that.
 */
export function isAnyAlive(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  if (process.platform !== 'linux') return true
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.some((pid) => {
    const found = statOf(pid)
    return found?.group === group && !'ZX'.includes(found.state)
  })
}

/**
 * Whether a process is in a group, or was started by one who is, as by `sudo`, which makes
 * a group of its own. One that has ended since it spoke can't be looked up: it is, if it
 * was of this user, or root.
 */
export function isOfGroup(group: number, { pid, uid }: UNIXCredentials): boolean {
  if (statOf(pid) === undefined) return uid === 0 || uid === process.getuid?.()
  for (let at = pid; at > 1; ) {
    const found = statOf(at)
    if (found === undefined) return false
    if (found.group === group) return true
    at = found.parent
  }
  return false
}

interface ProcessStat {
  readonly state: string
  readonly parent: number
  readonly group: number
}

/** @see proc_pid_stat(5): what is in the parentheses may be anything. */
function statOf(pid: number | string): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state = '', parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent), group: Number(group) }
  } catch {
    return undefined
  }
}
