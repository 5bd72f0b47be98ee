import { constants } from 'node:os'
import type { Libc } from './libc.ts'

const isLinux = process.platform === 'linux'

const F_SETFL = 4
const F_SETOWN = isLinux ? 8 : 6
/** Only Linux has it. */
const F_SETSIG = 10
const O_NONBLOCK = isLinux ? 0o4000 : 0x4
const O_ASYNC = isLinux ? 0o20000 : 0x40

/**
 * What the system says that something has come by. Nobody else uses it, and by default
 * it does nothing: SIGIO ends a process on Linux, where another can be chosen.
 */
const SIGNAL = isLinux ? 'SIGURG' : 'SIGIO'

/** Reads some of what has come; whether there may be more. */
type Reader = () => boolean

const readers = new Set<Reader>()

/**
 * Calls `read` when something has come on a socket, and until it says that there is
 * nothing more; the first time soon, for what is there already. Between two calls others
 * have their turn.
 *
 * @returns what ends it
 */
export function arrivalOf(libc: Libc, fd: number, read: Reader): () => void {
  if (readers.size === 0) process.on(SIGNAL, readAll)
  readers.add(read)
  libc.fcntl(fd, F_SETOWN, 'int', process.pid)
  if (isLinux) libc.fcntl(fd, F_SETSIG, 'int', constants.signals[SIGNAL])
  libc.fcntl(fd, F_SETFL, 'int', O_NONBLOCK | O_ASYNC)
  setImmediate(readOf, read)
  return () => {
    libc.fcntl(fd, F_SETFL, 'int', O_NONBLOCK)
    readers.delete(read)
    if (readers.size === 0) process.off(SIGNAL, readAll)
  }
}

/** One signal may stand for several. */
function readAll(): void {
  for (const read of readers) readOf(read)
}

function readOf(read: Reader): void {
  if (readers.has(read) && read()) setImmediate(readOf, read)
}
