import { statSync } from 'node:fs'
import type { LogFile } from '@runnerd/logging'

/** Between two looks at how large the log is, in ms. */
const PAUSE = 100

/**
 * Rotates the log for processes that may write it and not its directory: theirs
 * is to go on in the new file.
 */
export function rotateFor(file: LogFile): void {
  setInterval(() => {
    const there = statSync(file.path, { throwIfNoEntry: false })
    const { maxSize } = file.settings
    if (maxSize > 0 && (there?.size ?? 0) >= maxSize) file.rotate()
  }, PAUSE).unref()
}
