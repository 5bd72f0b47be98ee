import { fstatSync } from 'node:fs'

/**
 * Whether systemd's journal reads a descriptor, and so takes levels from it.
 *
 * @see systemd.exec(5), `JOURNAL_STREAM`
 */
export function isJournal(fd: number, variables: NodeJS.ProcessEnv): boolean {
  const stream = variables.JOURNAL_STREAM
  if (!stream) return false
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true })
    return stream === `${dev}:${ino}`
  } catch {
    return false
  }
}
