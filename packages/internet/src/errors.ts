/** Who listens on a port already. */
export interface PortHolder {
  readonly pid: number
  readonly name: string
}

/** What made a port impossible to listen on. */
export interface CannotListen {
  readonly interface: string
  readonly port: number
  /** The system's error. */
  readonly cause: NodeJS.ErrnoException
  readonly holder?: PortHolder | undefined
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no such host',
}

/**
 * A port that can't be bound or listened on.
 *
 * @see Twisted's `twisted.internet.error.CannotListenError`
 */
export class CannotListenError extends Error {
  override readonly name = 'CannotListenError'
  readonly code = 'ERR_CANNOT_LISTEN'
  readonly interface: string
  readonly port: number
  declare readonly cause: NodeJS.ErrnoException
  /** The process that has the port, if the system tells. */
  readonly holder: PortHolder | undefined
  /** What to do about it, where that is known. */
  readonly hint: string | undefined

  constructor({ interface: host, port, cause, holder }: CannotListen) {
    const place = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    const by = holder ? ` by ${holder.name} (pid ${holder.pid})` : ''
    const reason = REASONS[cause.code ?? ''] ?? cause.message
    super(`cannot listen on ${place}: ${reason}${by}`, { cause })
    this.interface = host
    this.port = port
    this.holder = holder
    if (cause.code === 'EACCES' && port < 1024) {
      this.hint = 'ports below 1024 need root; --uid sheds it after the port is bound'
    }
  }
}
