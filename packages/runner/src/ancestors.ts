import type { Ancestor } from './generation-channel.ts'
import { startOf } from './process-state.ts'
import type { StopSignal } from './stop-signals.ts'

/** Between two looks at whether they are gone, in ms. */
const PAUSE = 20

/** Start times are told in ticks and counted from a clock that is set at times, in ms. */
const SLACK = 1500

/** Those of them that still drain, and this process, which is about to. */
export function stillDraining(ancestors: readonly Ancestor[]): Ancestor[] {
  const self = { pid: process.pid, startedAt: startOf(process.pid) ?? 0 }
  return [...ancestors.filter(isThere), self]
}

/**
 * Ends those that still drain, and waits until they are gone: whoever stops a daemon
 * means all of it.
 *
 * @param seconds the longest to wait; what is there then is killed
 * @param stopPredecessor tells the youngest of them, which tells the one before it
 */
export async function endAncestors(
  ancestors: readonly Ancestor[],
  seconds: number,
  stopPredecessor: (signal: StopSignal) => Promise<void>,
): Promise<void> {
  // Whoever has sent this process a signal may have sent it to them as well, and a
  // second one ends them where they stand.
  stopPredecessor('SIGTERM').catch(() => signal(ancestors, 'SIGTERM'))
  const until = Date.now() + seconds * 1000
  while (ancestors.some(isThere) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
  signal(ancestors, 'SIGKILL')
}

function signal(ancestors: readonly Ancestor[], name: NodeJS.Signals): void {
  for (const ancestor of ancestors.filter(isThere)) {
    try {
      process.kill(ancestor.pid, name)
    } catch {
      // It has just ended.
    }
  }
}

function isThere({ pid, startedAt }: Ancestor): boolean {
  const started = startOf(pid)
  return started !== undefined && Math.abs(started - startedAt) < SLACK
}
