import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'

/** No file that is read whole has more bytes: a thousand plugins take half a million. */
const MOST = 64 * 1024 * 1024

/** What a file must be to be read. */
export interface PlainFileRules {
  /** Whether a symbolic link is followed. */
  readonly follow: boolean
  /** Looks at the opened file; `false` refuses it. */
  accept?(stats: Stats): boolean
}

/**
 * Reads a plain file whole. Opened so that a fifo can't block, and looked at
 * before a byte is read: a device could go on for ever.
 *
 * @returns `undefined` for what is no plain file, too long, or refused
 * @throws the system's error when it can't be opened
 */
export function readPlainFile(path: string, rules: PlainFileRules): Buffer | undefined {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK
  const fd = openSync(path, rules.follow ? flags : flags | constants.O_NOFOLLOW)
  try {
    const stats = fstatSync(fd)
    const isFine = stats.isFile() && stats.size <= MOST && (rules.accept?.(stats) ?? true)
    return isFine ? readFileSync(fd) : undefined
  } finally {
    closeSync(fd)
  }
}
