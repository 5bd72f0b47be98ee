import { getSystemErrorMap } from 'node:util'

/** Of sysexits: EX_NOINPUT, EX_NOPERM and EX_CONFIG. */
const NOINPUT = 66
const NOPERM = 77
const CONFIG = 78

/** A Procfile that can't be used. Recognise it by `code`. */
export class ProcfileError extends Error {
  override name = 'ProcfileError'
  /** Always `ERR_PROCFILE`. */
  readonly code = 'ERR_PROCFILE'
  readonly exitStatus: number

  /**
   * @param what - the file, with the line that is wrong
   * @param reason - what is wrong with it
   */
  constructor(what: string, reason: string, exitStatus: number = CONFIG, cause?: unknown) {
    super(`cannot use ${what}: ${reason}`, cause === undefined ? undefined : { cause })
    this.exitStatus = exitStatus
  }
}

/** That of a file that can't be read, without Node's code, call and path. */
export function unreadable(path: string, cause: unknown): ProcfileError {
  const { code = '', errno, message } = cause as NodeJS.ErrnoException
  const said = { ENOENT: 'no such file', EISDIR: 'it is a directory' }[code]
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  const status = code === 'EACCES' || code === 'EPERM' ? NOPERM : NOINPUT
  return new ProcfileError(path, said ?? known ?? message, status, cause)
}
