/** Why a password file can't be used. */
export type PasswordFileErrorCode =
  /** There is none. */
  | 'ERR_PASSWORD_FILE_MISSING'
  /** It can't be opened or read; `cause` has the system's error. */
  | 'ERR_PASSWORD_FILE_UNREADABLE'
  /** Others may read or write it, or it is somebody else's. */
  | 'ERR_PASSWORD_FILE_UNSAFE'
  /** It is no file of lines `name:HASH`. */
  | 'ERR_PASSWORD_FILE_INVALID'
  /** Nobody is in it; a file by itself may be so, see `PasswordService`. */
  | 'ERR_PASSWORD_FILE_EMPTY'

/**
 * A password file that can't be used as it is. Its message is the operator's line,
 * `cannot use password file FILE: reason`, without anything of a password; `hint` is
 * what mends it. Recognise it by `code`.
 *
 * @example
 * import { PasswordFile, type PasswordFileError } from 'runnerd'
 *
 * export async function isUsable(path: string): Promise<boolean> {
 *   try {
 *     await PasswordFile.open(path)
 *     return true
 *   } catch (error) {
 *     return (error as PasswordFileError).code === undefined
 *   }
 * }
 */
export class PasswordFileError extends Error {
  /** Why. */
  readonly code: PasswordFileErrorCode
  /** Which file. */
  readonly path: string
  /** What mends it. */
  readonly hint: string | undefined

  /**
   * @param code - why it can't be used
   * @param path - which file
   * @param reason - the same in words, without a full stop
   * @param options - the `hint`, and the `cause` if another error led to this one
   */
  constructor(
    code: PasswordFileErrorCode,
    path: string,
    reason: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    const cause = options.cause === undefined ? undefined : { cause: options.cause }
    super(`cannot use password file ${path}: ${reason}`, cause)
    this.name = 'PasswordFileError'
    this.code = code
    this.path = path
    this.hint = options.hint
  }
}

/**
 * So many passwords are being checked that this one was not: each takes memory and
 * time, and a flood of logins must not take all. Trying again later is in order.
 * Recognise it by `code`.
 *
 * @example
 * import { log, type PasswordFile } from 'runnerd'
 *
 * export async function mayEnter(file: PasswordFile, word: string): Promise<boolean> {
 *   try {
 *     return await file.check('anna', word)
 *   } catch (error) {
 *     if ((error as { code?: string }).code !== 'ERR_TOO_MANY_CHECKS') throw error
 *     log.warn('too many logins at once')
 *     return false
 *   }
 * }
 */
export class TooManyChecksError extends Error {
  /** Always `ERR_TOO_MANY_CHECKS`. */
  readonly code = 'ERR_TOO_MANY_CHECKS'

  /** Made when a check has no place in the queue. */
  constructor() {
    super('cannot check the password: too many others are being checked')
    this.name = 'TooManyChecksError'
  }
}
