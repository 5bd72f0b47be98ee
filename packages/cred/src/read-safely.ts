import type { BigIntStats } from 'node:fs'
import { PasswordFileError } from './errors.ts'

/** The most bytes of a password file: tens of thousands of lines. */
const LARGEST = 4 * 2 ** 20

/** The system's clock may stand still for this long in the times of files, in ms. */
const TICK = 50

/** What was read. */
export interface SafeText {
  readonly text: string
  /** Of which version of the file it is; empty where the next look can't tell. */
  readonly version: string
}

/**
 * Reads a file that nobody else may read or write, and that is this process's user's
 * or root's; one of root's may be readable for a group of the process. What is looked at
 * is what is read, also where it is replaced meanwhile.
 *
 * @param whose whose it may be instead, for who only edits it
 * @throws PasswordFileError
 */
export async function readSafely(path: string, whose?: 'any owner'): Promise<SafeText> {
  const { constants } = await import('node:fs')
  const { open } = await import('node:fs/promises')
  // A fifo would keep it waiting for a writer.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)
  const file = await open(path, flags).catch((error) => {
    throw unreadable(path, error)
  })
  try {
    const stats = await file.stat({ bigint: true })
    refuseUnsafe(path, stats, whose)
    const bytes = await file.readFile()
    return { text: decoded(path, bytes), version: isSettled(stats) ? versionOf(stats) : '' }
  } catch (error) {
    throw error instanceof PasswordFileError ? error : unreadable(path, error)
  } finally {
    await file.close()
  }
}

/**
 * Which version of the file is at the path: another text when it was changed.
 *
 * @throws PasswordFileError
 */
export async function versionAt(path: string): Promise<string> {
  const { stat } = await import('node:fs/promises')
  try {
    return versionOf(await stat(path, { bigint: true }))
  } catch (error) {
    throw unreadable(path, error)
  }
}

function refuseUnsafe(path: string, stats: BigIntStats, whose: 'any owner' | undefined): void {
  const unsafe = (reason: string, hint: string): PasswordFileError =>
    new PasswordFileError('ERR_PASSWORD_FILE_UNSAFE', path, reason, { hint })
  if (!stats.isFile()) throw invalid(path, 'not a plain file')
  if (stats.size > LARGEST) throw invalid(path, 'it is too large')
  const user = process.geteuid?.()
  // Where there are no users there are no modes.
  if (user === undefined) return
  if (whose === undefined && stats.uid !== 0n && stats.uid !== BigInt(user)) {
    throw unsafe(`it belongs to user ${stats.uid}, not to ${user}`, `chown ${user} ${path}`)
  }
  const others = isLent(stats, user, whose) ? 0o026n : 0o066n
  if ((stats.mode & others) !== 0n) {
    throw unsafe('others than its owner may read or write it', `chmod 600 ${path}`)
  }
}

/**
 * Whether root lets a group of this process read it: so a file of secrets reaches a pod
 * of Kubernetes, and a service that has a group to itself. Who edits it as root leaves it
 * to whatever group it was given.
 */
function isLent({ uid, gid }: BigIntStats, user: number, whose: 'any owner' | undefined): boolean {
  if (uid !== 0n) return false
  if (user === 0) return whose !== undefined && gid !== 0n
  return process.getgroups?.().includes(Number(gid)) ?? false
}

function decoded(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid(path, 'it is not a text in UTF-8')
  }
}

function invalid(path: string, reason: string): PasswordFileError {
  return new PasswordFileError('ERR_PASSWORD_FILE_INVALID', path, reason)
}

function unreadable(path: string, cause: unknown): PasswordFileError {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT') {
    const hint = `runner passwd ${path} NAME makes it`
    return new PasswordFileError('ERR_PASSWORD_FILE_MISSING', path, 'no such file', { hint, cause })
  }
  const user = process.geteuid?.()
  const hint =
    user && code === 'EACCES' ? `chown ${user} ${path}: it is read as user ${user}` : undefined
  const reason = reasons[code ?? ''] ?? String(code)
  return new PasswordFileError('ERR_PASSWORD_FILE_UNREADABLE', path, reason, { hint, cause })
}

const reasons: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'its symbolic links go round in a circle',
  ENOTDIR: 'not a directory',
  ENXIO: 'not a plain file',
  EISDIR: 'not a plain file',
  EIO: 'i/o error',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'name too long',
  ENFILE: 'too many open files in system',
}

/** Whether a further change would show in its times. */
function isSettled({ ctimeMs }: BigIntStats): boolean {
  return Math.abs(Date.now() - Number(ctimeMs)) > TICK
}

function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}
