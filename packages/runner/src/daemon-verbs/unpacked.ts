import { closeSync, createReadStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { reasonOf, writeFully } from '@runnerd/logging'
import { openNameless } from '../nameless-file.ts'

/**
 * Unpacks a file that gzip has compressed into one without a name, so that it can be
 * read from behind, however large it is.
 *
 * @param complain hears of a damaged one; what was unpacked before the damage counts
 * @returns a descriptor of what was in it
 * @throws the system's error for a file that can't be opened
 */
export async function unpacked(path: string, complain: (line: string) => void): Promise<number> {
  const { createGunzip } = process.getBuiltinModule('node:zlib')
  const { pipeline } = process.getBuiltinModule('node:stream/promises')
  const fd = openNameless(tmpdir())
  try {
    await pipeline(createReadStream(path), createGunzip(), async (chunks) => {
      for await (const chunk of chunks) writeFully(fd, chunk as Buffer)
    })
  } catch (error) {
    const { code = '', cause } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'EACCES') {
      closeSync(fd)
      throw error
    }
    // zlib's own numbers would be taken for the system's.
    const reason = code.startsWith('Z_') ? (error as Error).message : reasonOf(cause ?? error)
    complain(`cannot show all of ${path}: ${reason}`)
  }
  return fd
}
