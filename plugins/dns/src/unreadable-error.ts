import { getSystemErrorMap } from 'node:util'

/** EX_NOINPUT of sysexits, and EX_NOPERM. */
const NOINPUT = 66
const NOPERM = 77

/** A file that an option names, and that can't be read. Recognise it by `code`. */
export class UnreadableError extends Error {
  override name = 'UnreadableError'
  /** Always `ERR_DNS_FILE_UNREADABLE`. */
  readonly code = 'ERR_DNS_FILE_UNREADABLE'
  readonly exitStatus: number

  /** @param what - what can't be used: the file, with what it is to be */
  constructor(what: string, cause: unknown) {
    super(`cannot use ${what}: ${reasonOf(cause)}`, { cause })
    const { code } = cause as NodeJS.ErrnoException
    this.exitStatus = code === 'EACCES' || code === 'EPERM' ? NOPERM : NOINPUT
  }
}

/** What the system says, without Node's code, call and path. */
function reasonOf(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException
  const said = { ENOENT: 'no such file', EISDIR: 'it is a directory' }[code ?? '']
  if (said !== undefined || errno === undefined) return said ?? message
  return getSystemErrorMap().get(errno)?.[1] ?? message
}
