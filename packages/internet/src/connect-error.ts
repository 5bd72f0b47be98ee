const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine has no such address, or no port is left',
  EAI_AGAIN: 'its name cannot be looked up at present',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ENOENT: 'no such file',
  ENOTFOUND: 'no such host',
  ENOTSOCK: 'it is no socket',
  ETIMEDOUT: 'timed out',
}

const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]

/**
 * A connection that could not be made: what the `connect` of an endpoint rejects with.
 * A start that fails with it ends with status 69 (EX_UNAVAILABLE of sysexits(3)), or
 * 77 (EX_NOPERM) if the system forbids it. Recognise it by `code`.
 *
 * @see Twisted's `twisted.internet.error.ConnectError`
 *
 * @example
 * import { type ConnectError, clientFromString } from 'runnerd'
 *
 * try {
 *   await clientFromString('tcp:localhost:10000').connect((socket) => socket.end())
 * } catch (error) {
 *   const { code, cause } = error as ConnectError
 *   if (code === 'ERR_CANNOT_CONNECT') console.error(cause.code) // ECONNREFUSED
 * }
 */
export class ConnectError extends Error {
  /** Always `ConnectError`. */
  override readonly name = 'ConnectError'

  /** Always `ERR_CANNOT_CONNECT`. */
  readonly code = 'ERR_CANNOT_CONNECT'

  /** Where to, as an endpoint string: `tcp:localhost:10000`. */
  readonly destination: string

  /** The system's error; its `code` is `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT` and the like. */
  declare readonly cause: NodeJS.ErrnoException

  /** What to do about it, where that is known. */
  readonly hint: string | undefined

  /**
   * @param destination - where to, as an endpoint string
   * @param cause - why it could not be
   */
  constructor(destination: string, cause: NodeJS.ErrnoException) {
    super(`cannot connect to ${destination}: ${reasonOf(cause)}`, { cause })
    this.destination = destination
    if (UNTRUSTED.includes(cause.code ?? '')) {
      this.hint = 'trustRoots= of a tls: endpoint names the certificates to trust'
    }
  }
}

function reasonOf(cause: NodeJS.ErrnoException & { readonly reason?: unknown }): string {
  const { code = '', message, path, reason } = cause
  // Of a certificate that is to be read, say: the path is not that of the destination.
  if (path !== undefined && cause.syscall !== 'connect') return firstLine(message)
  const known = REASONS[code]
  if (known !== undefined) return known
  // Some versions of Node add what their own command line might do: the hint says what ours does.
  if (UNTRUSTED.includes(code)) return message.split(';', 1)[0] as string
  // OpenSSL's own message is for those who know its source.
  const isOpenSSL = code === 'EPROTO' || code.startsWith('ERR_SSL_')
  return isOpenSSL && typeof reason === 'string' ? reason : firstLine(message)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] as string
}
