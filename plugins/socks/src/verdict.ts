import type { Socket } from 'node:net'
import { log } from 'runnerd'
import { failureOf } from './failure.ts'
import { oneLine } from './one-line.ts'
import { type Request, type Where, written } from './request.ts'
import type { RequestCounts } from './request-counts.ts'

/** What has become of one request: said in the log, counted, and said to the client. */
export class Verdict {
  readonly #client: Socket
  readonly #request: Request
  readonly #user: string | undefined
  readonly #by: Where
  readonly #counts: RequestCounts

  constructor(
    client: Socket,
    request: Request,
    user: string | undefined,
    by: Where,
    counts: RequestCounts,
  ) {
    this.#client = client
    this.#request = request
    this.#user = user
    this.#by = by
    this.#counts = counts
  }

  /**
   * It is clear that nothing forbids it. The client is told by whoever does it.
   *
   * @param address the one that a name has
   */
  authorized(address?: string): void {
    const found = address === undefined ? '' : ` at ${address}`
    const named = this.#user === undefined ? '' : ` (user ${oneLine(this.#user)})`
    this.#say(true, `${named} authorized${found}`)
  }

  /** It is not done, or not any more. */
  refused(error: unknown): void {
    const failure = failureOf(error)
    this.#say(false, ` refused: ${failure.message}`)
    this.#request.refuse(this.#client, failure)
  }

  #say(isAuthorized: boolean, text: string): void {
    const { command, destination } = this.#request
    this.#counts.add(command, isAuthorized)
    const by = written({ host: this.#by.address, port: this.#by.port })
    log.msg(`${command} to ${oneLine(written(destination))} by ${by}${text}`, { system: 'SOCKS' })
  }
}
