import { dirname, resolve } from 'node:path'
import type { ExportedListener } from './exported-listener.ts'
import type { ExportedRun } from './exported-run.ts'

/** Directories that a run must be able to write to, for what its own options name. */
export function writtenPaths(
  { settings, saysPidFile, cwd }: ExportedRun,
  listeners: readonly ExportedListener[],
): string[] {
  const { logfile, profile, pidfile } = settings
  const files = [
    logfile,
    profile,
    saysPidFile ? pidfile : undefined,
    // On Linux one that begins with a NUL is no file.
    ...listeners.map(({ path }) => (path?.startsWith('\0') ? undefined : path)),
  ]
  const dirs = files.flatMap((file) => (file === undefined ? [] : [dirname(resolve(cwd, file))]))
  return [...new Set(dirs)]
}
