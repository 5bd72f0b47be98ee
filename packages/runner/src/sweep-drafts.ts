import { readdirSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { startOf } from './process-state.ts'

/**
 * Removes what runs that were killed as they began have left beside their pid
 * file: a pid file, or a control socket, that had not got its name yet. Those of
 * processes that live stay.
 */
export function sweepDrafts(pidfile: string): void {
  const dir = dirname(pidfile)
  for (const name of namesIn(dir)) {
    const pid = makerOf(name, basename(pidfile))
    if (pid !== undefined && startOf(pid) === undefined) remove(join(dir, name))
  }
}

function makerOf(name: string, pidfile: string): number | undefined {
  const [before, after] = name.startsWith('.runner-')
    ? ['.runner-', '.sock']
    : [`${pidfile}.`, '.tmp']
  if (!name.startsWith(before) || !name.endsWith(after)) return undefined
  const pid = name.slice(before.length, -after.length)
  return /^[1-9]\d{0,9}$/.test(pid) ? Number(pid) : undefined
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    // It may be written, and not be read.
    return []
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Another start was faster, or it is somebody else's.
  }
}
