import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { KeyFileError, Unusable } from './key-file-error.ts'

/** So large is no file of keys. */
const LARGEST = 1024 * 1024

/** What others than the owner of a file must not be able to do: its bits of the mode. */
export const NOT_WRITABLE = 0o022
export const NOT_READABLE = 0o077

/**
 * Reads a file of keys that is root's or this process's user's, and not everybody's.
 *
 * @param what - what it is, and where, for the operator
 * @param forbidden - bits that its mode must not have
 * @returns `undefined` if there is no such file
 * @throws KeyFileError
 */
export async function readKeyFile(
  path: string,
  what: string,
  forbidden: number,
): Promise<string | undefined> {
  let file: FileHandle | undefined
  try {
    // A fifo would keep it waiting for a writer.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > LARGEST) {
      throw new KeyFileError(`use ${what}`, Unusable.INVALID, 'it is no file of keys')
    }
    refuseUnsafe(stats, path, what, forbidden)
    return await file.readFile('utf8')
  } catch (error) {
    if (error instanceof KeyFileError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new KeyFileError(`use ${what}`, Unusable.UNREADABLE, error as Error)
  } finally {
    await file?.close()
  }
}

function refuseUnsafe(
  { uid, mode }: { readonly uid: number; readonly mode: number },
  path: string,
  what: string,
  forbidden: number,
): void {
  const user = process.geteuid?.()
  // Where there are no users there are no modes.
  if (user === undefined) return
  const unsafe = (reason: string, hint: string): KeyFileError =>
    new KeyFileError(`use ${what}`, Unusable.FORBIDDEN, reason, hint)
  if (uid !== 0 && uid !== user) {
    throw unsafe(`it belongs to user ${uid}, not to ${user}`, `chown ${user} ${path}`)
  }
  if ((mode & forbidden) === 0) return
  const may = forbidden === NOT_WRITABLE ? 'write' : 'read or write'
  throw unsafe(`others than its owner may ${may} it`, `chmod 600 ${path}`)
}
