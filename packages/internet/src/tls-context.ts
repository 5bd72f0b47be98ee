import type { TlsOptions } from 'node:tls'
import { absolute, readTLSFiles, type TLSFiles } from './tls-files.ts'

/**
 * What a server with TLS is made with. The files are read when it is made, so that
 * what is wrong with them is known before anything is bound, and again with each port
 * after the first.
 *
 * @internal
 */
export class TLSContext {
  readonly #read: () => TlsOptions
  #ready: TlsOptions | undefined

  /** @throws TLSFileError */
  constructor(files: TLSFiles | undefined, options: TlsOptions = {}) {
    const own = files && absolute(files)
    this.#read = () => ({ ...(own ? readTLSFiles(own) : {}), ...options })
    this.#ready = this.#read()
  }

  /** @throws TLSFileError if they have changed for the worse */
  take(): TlsOptions {
    const options = this.#ready ?? this.#read()
    this.#ready = undefined
    return options
  }
}
