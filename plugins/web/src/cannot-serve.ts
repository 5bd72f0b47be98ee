/** What is said of an error besides its reason. */
interface More {
  readonly hint?: string
  readonly exitStatus?: number
  readonly cause?: unknown
}

/** What is served can't be. Recognise it by `code`. */
export class CannotServeError extends Error {
  /** `ERR_WEB_PATH`, or one of the app: `ERR_APP_NOT_FOUND`, `ERR_APP_LISTENS`, … */
  readonly code: string
  /** What to do about it. */
  declare readonly hint?: string
  /** That of sysexits(3); left out for what the app itself has thrown. */
  declare readonly exitStatus?: number

  /**
   * @param what - what the operator has named
   * @param more - `cause` is what the app has thrown, if it has: its stack is the one that tells
   */
  constructor(code: string, what: string, reason: string, { cause, ...more }: More = {}) {
    super(`cannot serve ${what}: ${reason}`)
    this.name = 'CannotServeError'
    this.code = code
    Object.assign(this, more)
    if (cause instanceof Error && cause.stack !== undefined) this.stack = cause.stack
  }
}

/** Of sysexits(3). */
export const NOINPUT = 66
export const SOFTWARE = 70
export const NOPERM = 77
export const CONFIG = 78
