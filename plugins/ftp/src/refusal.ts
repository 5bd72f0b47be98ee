import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** A command that is answered with a reply of failure. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: number

  constructor(code: number, text: string) {
    super(text)
    this.code = code
  }
}

const NOT_TAKEN = new Set([
  ...['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM', 'ENAMETOOLONG', 'EEXIST', 'EISDIR'],
  ...['ENOTEMPTY', 'EROFS', 'EXDEV', 'EINVAL', 'EBUSY', 'ENXIO', 'ETXTBSY', 'EMLINK'],
])
const NO_SPACE = new Set(['ENOSPC', 'EFBIG'])

/** Node has no name for this one. */
const OVER_QUOTA = -constants.errno.EDQUOT

/** The reply for what the file system said; `undefined` for an error that nobody foresaw. */
export function refusalOf(error: unknown, name: string): Refusal | undefined {
  if (error instanceof Refusal) return error
  const { code = '', errno } = (error ?? {}) as NodeJS.ErrnoException
  if (errno === OVER_QUOTA) return new Refusal(452, `${name}: disk quota exceeded`)
  const reason = (errno && getSystemErrorMap().get(errno)?.[1]) || 'no such file or directory'
  if (NOT_TAKEN.has(code)) return new Refusal(550, `${name}: ${reason}`)
  if (NO_SPACE.has(code)) return new Refusal(452, `${name}: ${reason}`)
  if (code === 'EMFILE' || code === 'ENFILE') return new Refusal(450, `${name}: ${reason}`)
  return undefined
}
