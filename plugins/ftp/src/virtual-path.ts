import { posix } from 'node:path'

/**
 * The path that a client means, from the root of what it sees: `/` and names, without
 * `.`, `..` and empty ones. `..` of the root is the root.
 *
 * @param cwd - its directory, such a path too
 */
export function virtualPath(cwd: string, argument: string): string {
  const path = posix.resolve(cwd, argument)
  return posix.normalize(`/${path}`)
}

/** Whether a file can have this name: a line has no place for the end of a line. */
export function isPossible(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
  return !/[\x00\r\n]/.test(path)
}

/** Whether one of its names begins with a dot. */
export function isHidden(path: string): boolean {
  return path.includes('/.')
}

/** As RFC 959 has a path in a reply: in quotes, with its own quotes doubled. */
export function quoted(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}
