import { closeSync, constants, fchmodSync, openSync, type Stats } from 'node:fs'

const { O_APPEND, O_CREAT, O_RDWR, O_WRONLY } = constants

/**
 * Opens a path for appending.
 *
 * @param found what `stat` said of it; `undefined` has it made, with `mode` less the umask
 * @internal
 */
export function openAppend(path: string, found: Stats | undefined, mode = 0o666): number {
  if (found === undefined) return openSync(path, O_APPEND | O_WRONLY | O_CREAT, mode)
  if (!found.isFIFO()) return openSync(path, O_APPEND | O_WRONLY)
  // To open a fifo that nobody reads would wait for a reader, so be one meanwhile.
  const reader = openSync(path, O_RDWR)
  try {
    return openSync(path, O_APPEND | O_WRONLY)
  } finally {
    closeSync(reader)
  }
}

/** Gives an open file its mode, whatever the umask. @internal */
export function chmodIfOurs(fd: number, mode: number): void {
  try {
    fchmodSync(fd, mode)
  } catch {
    // As twistd: somebody else's file keeps its mode.
  }
}
