import { getSystemErrorMap } from 'node:util'

/** @internal */
export const NEEDS_PASSPHRASE = 'it needs a passphrase'

/**
 * A key or certificate that can't be read, or is no such thing: thrown when an
 * endpoint or server with TLS is made, before anything is bound. runner ends with
 * status 66 (EX_NOINPUT of sysexits(3)) if it can't be read, 77 if that is forbidden,
 * and 78 (EX_CONFIG) if what it holds can't be used. Recognise it by `code`.
 *
 * @example
 * import { serverFromString, type TLSFileError } from 'runnerd'
 *
 * try {
 *   serverFromString('ssl:443:privateKey=key.pem:certKey=cert.pem')
 * } catch (error) {
 *   const { code, path } = error as TLSFileError
 *   if (code === 'ERR_TLS_FILE_UNREADABLE') console.error(path)
 * }
 */
export class TLSFileError extends Error {
  /** Always `TLSFileError`. */
  override readonly name = 'TLSFileError'

  /** Whether it can't be read, or what it holds can't be used. */
  readonly code: 'ERR_TLS_FILE_UNREADABLE' | 'ERR_TLS_FILE_UNUSABLE'

  /** The file. */
  readonly path: string

  /** What to do about it, where that is known. */
  readonly hint: string | undefined

  /**
   * @param verb - what can't be done with it
   * @param what - what it is: `the private key`
   * @param path - the file
   * @param reason - why, if the cause isn't an error of the system that says so
   * @param cause - what the system or OpenSSL said
   */
  constructor(verb: 'read' | 'use', what: string, path: string, reason?: string, cause?: Error) {
    const { errno, code } = (cause ?? {}) as NodeJS.ErrnoException
    const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
    super(`cannot ${verb} ${what} ${path}: ${reason ?? known ?? cause?.message}`, { cause })
    this.code = verb === 'read' ? 'ERR_TLS_FILE_UNREADABLE' : 'ERR_TLS_FILE_UNUSABLE'
    this.path = path
    if (verb === 'read' && code === 'EACCES') {
      this.hint = 'it is read again at each reload, as the user of --uid if there is one'
    }
    if (reason === NEEDS_PASSPHRASE) {
      this.hint = `openssl pkey -in ${path} writes it without one`
    }
  }
}
