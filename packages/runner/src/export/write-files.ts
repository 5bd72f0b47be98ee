import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'
import type { ExportedFile } from './engine.ts'

/**
 * Writes files into a directory, which is made if it isn't there. Each replaces the one
 * of its name, whole or not at all; what else is there is left alone.
 *
 * @returns their paths
 * @throws RunnerError
 */
export function writeFiles(dir: string, files: readonly ExportedFile[]): string[] {
  return files.map(({ name, text, mode = 0o644 }) => {
    const path = join(dir, name)
    const draft = `${path}.${process.pid}.tmp`
    try {
      makeDirectory(dirname(path))
      replace(path, draft, text, mode)
    } catch (error) {
      throw unwritable(path, error as NodeJS.ErrnoException)
    }
    return path
  })
}

/** Node's own way of making the parents, too, never ends where nothing is made, as in /proc. */
function makeDirectory(dir: string): void {
  if (isThere(dir)) return
  if (dirname(dir) !== dir) makeDirectory(dirname(dir))
  try {
    mkdirSync(dir)
  } catch (error) {
    // Another export may have been faster.
    if (!isThere(dir)) throw error
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function replace(path: string, draft: string, text: string, mode: number): void {
  const fd = openSync(draft, 'wx', mode)
  try {
    writeFileSync(fd, text)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  } finally {
    closeSync(fd)
  }
}

function unwritable(path: string, { code, errno, message }: NodeJS.ErrnoException): RunnerError {
  const reason = errno === undefined ? message : getSystemErrorMap().get(errno)?.[1]
  const refused = code === 'EACCES' || code === 'EPERM'
  const status = refused ? ExitStatus.NOPERM : ExitStatus.CANTCREAT
  return new RunnerError('ERR_OUTPUT', status, `cannot export: cannot write ${path}: ${reason}`)
}
