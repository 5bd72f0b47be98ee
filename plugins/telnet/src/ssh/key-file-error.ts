import { getSystemErrorMap } from 'node:util'

/** Why it can't be used, with the status of sysexits(3) that runner ends with. */
export const Unusable = {
  /** It can't be read. */
  UNREADABLE: 66,
  /** It can't be made. */
  UNMAKEABLE: 73,
  /** It is kept from this user, or not from others. */
  FORBIDDEN: 77,
  /** What it holds is no such thing. */
  INVALID: 78,
} as const

/** A file of keys that can't be used. Its message is the operator's line. */
export class KeyFileError extends Error {
  readonly code = 'ERR_KEY_FILE'
  readonly exitStatus: number
  readonly hint: string | undefined

  /**
   * @param what - what can't be done: `use the host key FILE`
   * @param reason - why: in words, or the system's error
   */
  constructor(what: string, exitStatus: number, reason: string | Error, hint?: string) {
    super(`cannot ${what}: ${typeof reason === 'string' ? reason : wordsOf(reason)}`)
    this.name = 'KeyFileError'
    this.exitStatus = isForbidden(reason) ? Unusable.FORBIDDEN : exitStatus
    this.hint = hint
  }
}

function isForbidden(reason: string | NodeJS.ErrnoException): boolean {
  return typeof reason !== 'string' && (reason.code === 'EACCES' || reason.code === 'EPERM')
}

function wordsOf({ errno, message }: NodeJS.ErrnoException): string {
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message
}
