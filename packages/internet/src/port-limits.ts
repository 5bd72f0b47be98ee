import type { Server, Socket } from 'node:net'
import { log } from '@runnerd/logging'
import { counted } from '@runnerd/options'
import type { StreamServerOptions } from './i-endpoint.ts'
import { SilenceWatch } from './silence-watch.ts'
import { Tally } from './tally.ts'

/** What bounds the connections of one port. @internal */
export class PortLimits {
  /** How many there may be; 0 for any number. */
  readonly maxConnections: number
  /** In ms; 0 for none. */
  readonly timeout: number
  readonly #refused: Tally
  readonly #timedOut: Tally

  /**
   * @throws RangeError if one is no such number
   */
  constructor(options: StreamServerOptions) {
    checkLimits(options)
    const { maxConnections = 0, timeout: seconds = 0 } = options
    this.maxConnections = maxConnections
    this.timeout = Math.ceil(seconds * 1000)
    this.#refused = new Tally((count) =>
      log.warn(`Closed ${some(count, 'new connection')}: there are ${maxConnections} already`),
    )
    this.#timedOut = new Tally((count) =>
      log.msg(
        `Closed ${some(count, 'connection')} after ${counted(seconds, 'second')} without a byte`,
      ),
    )
  }

  /** How many were closed as there were too many. */
  get refused(): number {
    return this.#refused.total
  }

  /** How many were closed as they were silent. */
  get timedOut(): number {
    return this.#timedOut.total
  }

  /** Has a server take no more than there may be. */
  bound(server: Server): void {
    if (this.maxConnections === 0) return
    server.maxConnections = this.maxConnections
    server.on('drop', () => this.#refused.add())
  }

  /** Closes the connection when it has been silent for too long. */
  watch(socket: Socket): void {
    if (this.timeout > 0) socket.setTimeout(this.timeout, () => this.#cut(socket))
  }

  /** The same for many, to whom it costs nothing; `undefined` if they may be silent. */
  silenceWatch(): SilenceWatch | undefined {
    if (this.timeout === 0) return undefined
    return new SilenceWatch(this.timeout, (socket) => this.#cut(socket))
  }

  #cut(socket: Socket): void {
    this.#timedOut.add()
    socket.destroy()
  }

  /** Logs what has not been said yet. */
  end(): void {
    this.#refused.end()
    this.#timedOut.end()
  }
}

/** As long as a timer can be set for, in seconds. */
const LONGEST = (2 ** 31 - 1) / 1000

/** @throws RangeError if a limit is no number, or negative @internal */
export function checkLimits({
  maxConnections = 0,
  timeout = 0,
  closeTimeout = 0,
}: StreamServerOptions): void {
  check('maxConnections', maxConnections, Number.isInteger(maxConnections))
  check('timeout', timeout, timeout <= LONGEST)
  // Node would take a longer time, or none, for one of a millisecond.
  check('closeTimeout', closeTimeout, closeTimeout <= LONGEST)
}

function check(name: string, value: number, isRight: boolean): void {
  if (typeof value === 'number' && value >= 0 && isRight) return
  throw new RangeError(`The ${name} must be a number that is not negative, not ${value}`)
}

function some(count: number, noun: string): string {
  return count === 1 ? `a ${noun}` : counted(count, noun)
}
