import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'

const reasons: { readonly [code: string]: readonly [reason: string, status: ExitStatus] } = {
  EACCES: ['permission denied', ExitStatus.NOPERM],
  EAGAIN: ['another process has been changing it for too long', ExitStatus.TEMPFAIL],
  EBUSY: ['it is mounted by itself, and cannot be replaced', ExitStatus.CANTCREAT],
  EISDIR: ['it is a directory', ExitStatus.CANTCREAT],
  ELOOP: ['its symbolic links go round in a circle', ExitStatus.CANTCREAT],
  ENOENT: ['no such file or directory', ExitStatus.NOINPUT],
  ENOSPC: ['no space left on device', ExitStatus.CANTCREAT],
  ENOTDIR: ['not a directory', ExitStatus.NOINPUT],
  EPERM: ['operation not permitted', ExitStatus.NOPERM],
  EROFS: ['read-only file system', ExitStatus.CANTCREAT],
}

/** Node has no name for this one. */
const OVER_QUOTA = -constants.errno.EDQUOT

/** Says that a password file can't be changed, and why. */
export function cannotWrite(path: string, error: NodeJS.ErrnoException): RunnerError {
  const { code = '', errno } = error
  const said =
    errno === OVER_QUOTA ? 'disk quota exceeded' : getSystemErrorMap().get(errno ?? 0)?.[1]
  const [reason, status] = reasons[code] ?? [said ?? error.message, ExitStatus.CANTCREAT]
  const message = `cannot change password file ${path}: ${reason}`
  return new RunnerError('ERR_PASSWORD_FILE', status, message, { cause: error })
}
