import { constants } from 'node:os'
import { systemError } from './libc.ts'

export const AF_UNIX = 1
export const SOCK_DGRAM = 2

/** As many bytes as `sun_path` has on the system that has the fewest. */
const LONGEST_PATH = 104

/** As long as a `struct sockaddr_un` is anywhere. */
export const ADDRESS_SIZE = 110

/** Where the path begins: the BSDs have the length in the first byte of two. */
const PATH_AT = 2

/**
 * A `struct sockaddr_un`.
 *
 * @param path - of the abstract namespace with `@`, or a NUL, in front
 * @throws the system's error for one that is too long
 */
export function socketAddress(path: string): Buffer {
  const isAbstract = path.startsWith('@') || path.startsWith('\0')
  const name = Buffer.from(isAbstract ? `\0${path.slice(1)}` : `${path}\0`)
  if (name.length > LONGEST_PATH) throw systemError(constants.errno.ENAMETOOLONG, 'connect', path)
  const isLinux = process.platform === 'linux'
  // The family is a number in the machine's own order of bytes.
  const head = isLinux ? new Uint16Array([AF_UNIX]).buffer : [PATH_AT + name.length, AF_UNIX]
  return Buffer.concat([Buffer.from(head as ArrayBuffer), name])
}

/** The path in a `struct sockaddr_un` of so many bytes; empty for a socket without one. */
export function pathIn(address: Buffer, length: number): string {
  const name = address.subarray(PATH_AT, Math.max(length, PATH_AT))
  if (name[0] === 0) return name.toString()
  const end = name.indexOf(0)
  return name.toString('utf8', 0, end === -1 ? name.length : end)
}
