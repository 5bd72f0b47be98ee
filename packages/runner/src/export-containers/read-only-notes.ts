import { resolve } from 'node:path'
import { monitorOf } from '../export/exported-listener.ts'
import type { ExportedRun } from '../export/exported-run.ts'
import { writtenPaths } from '../export/written-paths.ts'
import type { ContainerValues } from './container-options.ts'
import { APP } from './in-image.ts'
import { placeInImage } from './paths-in-image.ts'

/**
 * What is to be said of a run whose own options have it write where its container has a
 * root that is read-only. A writable directory is empty at first, so that nothing below it
 * is there either.
 *
 * @returns the notes of an engine, one for each directory
 */
export function readOnlyNotes(run: ExportedRun, { writable = [] }: ContainerValues): string[] {
  const monitor = monitorOf(run.settings)
  const listeners = monitor === undefined ? run.listeners : [...run.listeners, monitor]
  const places = writtenPaths(run, listeners).map((path) => placeInImage(run, path))
  const given = writable.map((dir) => resolve(dir))
  return places
    .filter((dir) => !given.includes(dir) && !isDevice(dir))
    .map((dir) => `${run.name} writes to ${dir}, which is read-only there: ${insteadOf(dir)}`)
}

/** `/dev/stdout`, say, and the engine has memory at `/dev/shm`. */
function isDevice(dir: string): boolean {
  return dir === '/dev' || dir.startsWith('/dev/')
}

function insteadOf(dir: string): string {
  // It would be empty.
  if (`${APP}/`.startsWith(dir === '/' ? dir : `${dir}/`)) {
    return 'name another directory, and that with --writable'
  }
  return `--writable ${dir} has it write there`
}
