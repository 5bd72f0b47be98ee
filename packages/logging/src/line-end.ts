import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/**
 * Whether what a file has so far ends with a line: another process may have been
 * cut short by a full disk.
 *
 * @param fd open for writing only
 * @returns `undefined` if that can't be seen: for a pipe or a device, on systems
 * where `/dev/fd` opens nothing anew, and where the file may not be read
 * @internal
 */
export function endsWithLine(fd: number): boolean | undefined {
  try {
    const file = fstatSync(fd)
    if (!file.isFile()) return undefined
    if (file.size === 0) return true
    const reading = openSync(`/dev/fd/${fd}`, 'r')
    try {
      const last = Buffer.alloc(1)
      readSync(reading, last, 0, 1, file.size - 1)
      return last.toString() === '\n'
    } finally {
      closeSync(reading)
    }
  } catch {
    return undefined
  }
}
