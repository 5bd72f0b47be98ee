import { readdirSync, readFileSync } from 'node:fs'

/**
 * Which of these process groups have somebody alive in them. Who has ended and was not
 * asked after, as he may stay in a container for ever, is not; only Linux tells.
 */
export function livingGroups(groups: Iterable<number>): Set<number> {
  const there = new Set([...groups].filter(isThere))
  if (there.size === 0 || process.platform !== 'linux') return there
  const living = new Set<number>()
  for (const pid of readdirSync('/proc')) {
    const [state, group] = /^\d+$/.test(pid) ? stateOf(pid) : []
    if (state !== undefined && there.has(Number(group)) && !'ZX'.includes(state)) {
      living.add(Number(group))
    }
  }
  return living
}

function isThere(group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Its state and its group; see proc_pid_stat(5). The name before them may be anything. */
function stateOf(pid: string): [state?: string, group?: string] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [state as string, group as string]
  } catch {
    return []
  }
}
