/**
 * Exit statuses, sysexits' where one fits.
 *
 * @see https://man.freebsd.org/cgi/man.cgi?query=sysexits
 */
export const ExitStatus = {
  OK: 0,
  /** The command line is wrong. */
  USAGE: 64,
  /** A file to be read is missing or no such thing. */
  NOINPUT: 66,
  /** Something needed is taken or not there: a port, a host. */
  UNAVAILABLE: 69,
  /** An error nobody foresaw, in the plugin or in runner. */
  SOFTWARE: 70,
  /** A file can't be made. */
  CANTCREAT: 73,
  /** Another try may succeed: it already runs, or the system is short of something. */
  TEMPFAIL: 75,
  /** Not allowed. */
  NOPERM: 77,
  /** Something set up wrongly, such as a pid file with no pid in it. */
  CONFIG: 78,
  /**
   * A worker that kept failing was given up. The first number after those of
   * sysexits, so that a supervisor can tell it from a start that failed (70) and
   * not start it at once again; the shell's own begin at 126.
   */
  GAVE_UP: 79,
} as const

export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus]

const byCode: { readonly [code: string]: ExitStatus } = {
  ERR_USAGE: ExitStatus.USAGE,
  ERR_SOCKET_BAD_PORT: ExitStatus.USAGE,
  ENOENT: ExitStatus.NOINPUT,
  ENOTDIR: ExitStatus.NOINPUT,
  EISDIR: ExitStatus.NOINPUT,
  ERR_TLS_FILE_UNREADABLE: ExitStatus.NOINPUT,
  ERR_TLS_FILE_UNUSABLE: ExitStatus.CONFIG,
  EADDRINUSE: ExitStatus.UNAVAILABLE,
  EADDRNOTAVAIL: ExitStatus.UNAVAILABLE,
  ECONNREFUSED: ExitStatus.UNAVAILABLE,
  ENOTFOUND: ExitStatus.UNAVAILABLE,
  ERR_CANNOT_LISTEN: ExitStatus.UNAVAILABLE,
  ERR_CANNOT_CONNECT: ExitStatus.UNAVAILABLE,
  ERR_PASSWORD_FILE_MISSING: ExitStatus.NOINPUT,
  ERR_PASSWORD_FILE_UNREADABLE: ExitStatus.NOINPUT,
  ERR_PASSWORD_FILE_UNSAFE: ExitStatus.NOPERM,
  ERR_PASSWORD_FILE_INVALID: ExitStatus.CONFIG,
  ERR_PASSWORD_FILE_EMPTY: ExitStatus.CONFIG,
  ERR_LOG_OPEN: ExitStatus.CANTCREAT,
  EEXIST: ExitStatus.CANTCREAT,
  ENOSPC: ExitStatus.CANTCREAT,
  EROFS: ExitStatus.CANTCREAT,
  EAGAIN: ExitStatus.TEMPFAIL,
  EMFILE: ExitStatus.TEMPFAIL,
  ENFILE: ExitStatus.TEMPFAIL,
  EACCES: ExitStatus.NOPERM,
  EPERM: ExitStatus.NOPERM,
}

/**
 * The status for an error: the one it carries, else by its `code`, a refused
 * permission in its causes before the rest. `undefined` for what nobody foresaw.
 */
export function exitStatusOf(error: unknown): number | undefined {
  const { exitStatus, code, cause } = (error ?? {}) as Partial<
    Record<'exitStatus' | 'code' | 'cause', unknown>
  >
  // A start that failed must not look like one that went well.
  if (isStatus(exitStatus)) return exitStatus
  const reason = cause === undefined || cause === error ? undefined : exitStatusOf(cause)
  if (reason === ExitStatus.NOPERM) return reason
  return typeof code === 'string' ? byCode[code] : undefined
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 256
}
