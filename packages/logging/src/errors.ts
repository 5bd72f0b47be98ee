import { getSystemErrorMap } from 'node:util'

/** The log cannot be opened. Recognise it by `code`. */
export class LogOpenError extends Error {
  override readonly name = 'LogOpenError'
  readonly code = 'ERR_LOG_OPEN'
  /** The log's path, as it was asked for. */
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`cannot open log ${path}: ${reasonOf(cause)}`, { cause })
    this.path = path
  }
}

/** What the system says of an error, `permission denied`, without Node's code, call and path. */
export function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)
  return known?.[1] ?? message ?? String(error)
}

/** The code of a system error, `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}
