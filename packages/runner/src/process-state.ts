import { readFileSync } from 'node:fs'

/** What /proc counts start times in: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/**
 * When a living process began, in milliseconds of the system's clock; 0 when the
 * system doesn't tell, `undefined` when there is no such process or only what is
 * left of one that ended (a zombie).
 *
 * @see proc(5)
 */
export function startOf(pid: number): number | undefined {
  if (!exists(pid)) return undefined
  if (process.platform === 'linux') return fromProc(pid)
  if (process.platform === 'win32') return 0
  return fromPs(pid)
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function fromProc(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command stands in parentheses and may hold any character.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
    return Date.now() - (uptime - Number(fields[19]) / TICKS_PER_SECOND) * 1000
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : 0
  }
}

function ps(args: readonly string[]): string[] {
  // Loaded only here: Linux has no need of it.
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  const env = { ...process.env, LC_ALL: 'C' }
  return execFileSync('ps', args, { encoding: 'utf8', env }).trim().split(/\s+/)
}

function fromPs(pid: number): number | undefined {
  try {
    const [state = '', ...start] = ps(['-o', 'stat=,lstart=', '-p', String(pid)])
    return state.startsWith('Z') ? undefined : Date.parse(start.join(' ')) || 0
  } catch {
    return 0
  }
}

/**
 * The users that a process has: the real one, the effective and the saved; empty where
 * the system doesn't tell.
 */
export function usersOf(pid: number): readonly number[] {
  try {
    if (process.platform !== 'linux') {
      return ps(['-o', 'ruid=,uid=,svuid=', '-p', String(pid)]).map(Number)
    }
    // The owner of /proc/PID is root for a process that has changed its user.
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    const [, ...users] = /^Uid:\s(\d+)\s(\d+)\s(\d+)/m.exec(text) ?? []
    return users.map(Number)
  } catch {
    return []
  }
}
