import { type HTTPListener, HTTPServer } from '@runnerd/internet'
import type { ListenerDescription } from '@runnerd/service'
import type { ControlledRun } from '../control/controlled-run.ts'

/** What bounds whoever asks: seconds, and how many at a time. */
const LIMITS = {
  maxConnections: 64,
  headersTimeout: 5,
  requestTimeout: 10,
  keepAliveTimeout: 2,
  timeout: 30,
  http2: false,
} as const

/**
 * The port of `--monitor`: bound with those of the services, while there are privileges,
 * and handed on in a reload as theirs are. What answers is loaded apart.
 */
export class Monitor {
  readonly #server: HTTPServer

  /** @throws UsageError, and TLSFileError */
  constructor(endpoint: string, controlled: ControlledRun) {
    // By this name the log calls it.
    const monitor: HTTPListener = async (request, response) =>
      (await controlled.watching()).answer(request, response)
    this.#server = new HTTPServer(endpoint, monitor, LIMITS)
  }

  /** Where it is; `undefined` while it isn't bound. */
  describe(): ListenerDescription | undefined {
    return this.#server.describe().listeners?.[0]
  }

  /** @throws CannotListenError */
  async bind(): Promise<void> {
    await this.#server.privilegedStartService()
  }

  /** Answers from now on; doing so twice does nothing. @throws CannotListenError */
  async listen(): Promise<void> {
    if (!this.#server.running) await this.#server.startService()
  }

  /** A successor answers: takes nobody any more; resolves when who has come already has gone. */
  async letGo(): Promise<void> {
    await this.#server.drain()
  }

  /** Closes it, as soon as who has asked has an answer; doing so twice does nothing. */
  async close(): Promise<void> {
    await this.#server.stopService()
  }
}
