import { mkdtempSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type LogFile, linkTarget } from '@runnerd/logging'

/**
 * Whether a log has to be rotated by the process that has started this worker: that
 * has a keeper where the directory may not be written by the user that both are.
 */
export function mustLeaveRotation({ path }: LogFile): boolean {
  if (path === '-') return false
  try {
    // Tried, since only the kernel knows all that counts.
    rmdirSync(mkdtempSync(join(dirname(linkTarget(path)), '.runner-')))
    return false
  } catch {
    return true
  }
}

/** A change of the log's settings, but for what another process does. */
export function withoutRotation<Change extends object>(change: Change): Change {
  return { ...change, maxSize: 0 }
}
