import { closeSync, constants, openSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** open(2)'s flag of Linux for a handle on a file, without opening what is behind it. */
const O_PATH = 0o10000000

/** The longest path that fits into a socket's address, in bytes. */
const LONGEST = process.platform === 'linux' ? 107 : 103

/** A name for a socket that fits into an address, until it is let go. */
export interface ShortName {
  readonly name: string
  letGo(): void
}

/**
 * A name to connect to the socket at `path` by. Linux has one for any path: the
 * open file's under /proc.
 *
 * @returns `undefined` where there is none
 * @throws the system's error
 */
export function nameToConnect(path: string): ShortName | undefined {
  return fits(path) ? asItIs(path) : throughProc(path, O_PATH, '')
}

/** A name to bind a socket at `path` by; the file's own name must be short. */
export function nameToBind(path: string): ShortName | undefined {
  if (fits(path)) return asItIs(path)
  return throughProc(dirname(path), constants.O_DIRECTORY, basename(path))
}

/** Whether every client can connect to the socket at `path`, or find a short name. */
export function isReachable(path: string): boolean {
  return fits(path) || process.platform === 'linux'
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= LONGEST
}

function asItIs(name: string): ShortName {
  return { name, letGo() {} }
}

function throughProc(path: string, flags: number, name: string): ShortName | undefined {
  if (process.platform !== 'linux') return undefined
  const fd = openSync(path, flags)
  return { name: join(`/proc/self/fd/${fd}`, name), letGo: () => closeSync(fd) }
}
