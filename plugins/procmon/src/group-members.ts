import { readdirSync, readFileSync } from 'node:fs'

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
  return pids.some((pid) => isAliveIn(group, pid))
}

/** @see proc_pid_stat(5): what is in the parentheses may be anything. */
function isAliveIn(group: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state = '', , of] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(of) === group && !'ZX'.includes(state)
  } catch {
    return false
  }
}
