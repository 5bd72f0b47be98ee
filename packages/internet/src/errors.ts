/** Who listens on a port already. */
export interface PortHolder {
  /** Its process id. */
  readonly pid: number
  /** The name of its program, such as `node`. */
  readonly name: string
}

/** What made a port impossible to listen on. @inline */
export interface CannotListen {
  /** The address that was asked for; of a UNIX socket the path; else what the endpoint was called. */
  readonly interface: string
  /** The port number that was asked for; 0 for a UNIX socket. */
  readonly port: number
  /** The system's error. */
  readonly cause: NodeJS.ErrnoException
  /** The process that has the port, if the system tells. */
  readonly holder?: PortHolder | undefined
  /** What to do about it. */
  readonly hint?: string | undefined
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EEXIST: 'something else has its name',
  ENAMETOOLONG: 'the path is too long for a socket',
  ENOENT: 'no such directory',
  EBADF: 'no such socket was passed on',
  EINVAL: 'it is no socket to listen on',
  ENOTFOUND: 'no such host',
  ENOTSOCK: 'it is no socket',
  ESOCKTNOSUPPORT: "Node can't use a socket of its type",
}

/**
 * A port or UNIX socket that can't be bound or listened on: what the start of a
 * server rejects with. runner ends with status 69 (EX_UNAVAILABLE of sysexits(3)) then, or
 * 77 (EX_NOPERM) if the system forbids it. Recognise it by `code`.
 *
 * @see Twisted's `twisted.internet.error.CannotListenError`
 *
 * @example
 * import { type CannotListenError, TCPServer } from 'runnerd'
 *
 * const server = new TCPServer(80, (socket) => socket.end())
 * try {
 *   await server.startService()
 * } catch (error) {
 *   const { code, holder } = error as CannotListenError
 *   if (code === 'ERR_CANNOT_LISTEN') console.error(holder?.pid)
 * }
 */
export class CannotListenError extends Error {
  /** Always `CannotListenError`. */
  override readonly name = 'CannotListenError'

  /** Always `ERR_CANNOT_LISTEN`. */
  readonly code = 'ERR_CANNOT_LISTEN'

  /**
   * The address that was asked for; a name that was looked up is shown as it was
   * found. The path of a UNIX socket, or the endpoint string of a socket that was there
   * already.
   */
  readonly interface: string

  /** The port number that was asked for; 0 for a UNIX socket. */
  readonly port: number

  /** The system's error; its `code` is `EADDRINUSE`, `EACCES` and the like. */
  declare readonly cause: NodeJS.ErrnoException
  /** The process that has the port, if the system tells. */
  readonly holder: PortHolder | undefined

  /** What to do about it, where that is known. */
  readonly hint: string | undefined

  /** @param what - what is known of it, for the message too */
  constructor({ interface: host, port, cause, holder, hint }: CannotListen) {
    const place = placeOf(host, port)
    const by = holder ? ` by ${holder.name} (pid ${holder.pid})` : ''
    const reason = REASONS[cause.code ?? ''] ?? cause.message
    super(`cannot listen on ${place}: ${reason}${by}`, { cause })
    this.interface = host
    this.port = port
    this.holder = holder
    this.hint = hint
    if (cause.code === 'EACCES' && port > 0 && port < 1024) {
      this.hint = 'ports below 1024 need root; --uid sheds it after the port is bound'
    }
  }
}

function placeOf(host: string, port: number): string {
  if (/^(fd|systemd):/.test(host)) return host
  if (host.startsWith('/') || host.startsWith('\0')) return host.replace('\0', '@')
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
