import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { backoffPolicy, ConnectError, log } from 'runnerd'
import type { Destination } from './destination.ts'

/** What another attempt can't mend: a certificate that isn't trusted, a key that isn't known. */
const LASTING = /CERT|SELF_SIGNED|ISSUER|ALTNAME|^ERR_SSL_|^EACCES$|^EPERM$/

const delay = backoffPolicy({ initialDelay: 0.05, maxDelay: 1, jitter: () => Math.random() / 10 })

/** Connects to a destination, and knows if it is down, so that it is not said each time. */
export class Connecting {
  readonly #destination: Destination
  readonly #retry: boolean
  readonly #system: string
  #isDown = false

  /** @param retry - whether one that can't be reached is tried again */
  constructor(destination: Destination, retry: boolean, system: string) {
    this.#destination = destination
    this.#retry = retry
    this.#system = system
  }

  /**
   * Connects, and tries again until that succeeds.
   *
   * @param header - what is sent before all else
   * @param signal - aborted when nobody wants it any more; for a `ConnectError` when it took
   * too long
   * @throws what the last attempt failed with
   */
  async connect(header: Buffer | undefined, signal: AbortSignal): Promise<Socket> {
    let last: unknown
    for (let failures = 1; ; failures += 1) {
      try {
        const socket = await this.#destination.connect(header, signal)
        this.#succeeded()
        return socket
      } catch (error) {
        if (signal.aborted && last === undefined && signal.reason instanceof ConnectError) {
          this.#failed(signal.reason)
          throw signal.reason
        }
        if (signal.aborted) throw last ?? error
        last = error
        this.#failed(error as Error)
        if (!this.#retry || isLasting(error)) throw error
      }
      await pause(delay(failures) * 1000, undefined, { signal }).catch(() => {})
      if (signal.aborted) throw last
    }
  }

  #succeeded(): void {
    if (this.#isDown) log.msg(`${this.#destination} answers again`, { system: this.#system })
    this.#isDown = false
  }

  #failed({ message }: Error): void {
    if (!this.#isDown) log.warn(message, { system: this.#system })
    this.#isDown = true
  }
}

function isLasting(error: unknown): boolean {
  const { cause } = error as { cause?: NodeJS.ErrnoException }
  return LASTING.test(cause?.code ?? '')
}
