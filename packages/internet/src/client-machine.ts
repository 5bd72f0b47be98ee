import { log } from '@runnerd/logging'
import { counted } from '@runnerd/options'
import type { Attempt, AttemptEvents } from './attempt.ts'
import { backoffPolicy, type RetryPolicy } from './backoff-policy.ts'
import { CancelledError } from './cancelled-error.ts'
import type { Clock, IDelayedCall } from './clock.ts'
import { ConnectError } from './connect-error.ts'

/** Where a client is between its start and its stop; the words are Twisted's. */
export type ClientState =
  | 'init'
  | 'connecting'
  | 'waiting'
  | 'connected'
  | 'disconnecting'
  | 'restarting'
  | 'stopped'

/** What a machine is made of. @internal */
export interface ClientMachineParts<C> {
  /** Where to, for the log. */
  readonly name: string
  readonly clock: Clock
  readonly retryPolicy: RetryPolicy
  /** In seconds, for a connection that is to be closed. */
  readonly closeTimeout: number
  connect(events: AttemptEvents<C>): Pick<Attempt<never>, 'end'>
}

interface Waiter<C> {
  readonly resolve: (connected: C) => void
  readonly reject: (error: unknown) => void
  /** After how many failures more it gives up. */
  left: number
}

const system = 'ClientService'
const defaultPolicy = backoffPolicy()

/**
 * Keeps one connection: the states and transitions of Twisted's `_ClientMachine`, but
 * that an attempt which is cancelled ends when it ends, and not at once.
 *
 * @internal
 */
export class ClientMachine<C> {
  readonly #parts: ClientMachineParts<C>
  #state: ClientState = 'init'
  #failures = 0
  #attempt: Pick<Attempt<never>, 'end'> | undefined
  #connected: C | undefined
  #retry: IDelayedCall | undefined
  #waiters: Waiter<C>[] = []
  #stops: (() => void)[] = []

  constructor(parts: ClientMachineParts<C>) {
    this.#parts = parts
  }

  get state(): ClientState {
    return this.#state
  }

  start(): void {
    if (this.#state === 'init' || this.#state === 'stopped') this.#connect()
    else if (this.#state === 'disconnecting') {
      this.#failures = 0
      this.#state = 'restarting'
    }
  }

  /** Resolves when there is neither a connection nor an attempt at one. */
  async stop(): Promise<void> {
    switch (this.#state) {
      case 'init':
      case 'waiting':
        this.#retry?.cancel()
        this.#stopped()
        return
      case 'stopped':
        return
      case 'connecting':
      case 'connected':
        this.#attempt?.end(this.#parts.closeTimeout)
    }
    this.#state = 'disconnecting'
    await new Promise<void>((resolve) => this.#stops.push(resolve))
  }

  /** @param failures - after how many failed attempts from now on it rejects */
  async whenConnected(failures: number = Number.POSITIVE_INFINITY): Promise<C> {
    if (this.#state === 'connected') return this.#connected as C
    if (this.#state === 'stopped') throw new CancelledError('the client is stopped')
    return await new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject, left: failures })
    })
  }

  #connect(): void {
    this.#state = 'connecting'
    this.#attempt = this.#parts.connect({
      made: (connected) => this.#made(connected),
      failed: (error) => this.#ended(() => this.#failed(error)),
      lost: (reason) => this.#ended(() => this.#lost(reason)),
    })
  }

  #made(connected: C): void {
    // It was made as it was given up, and is being closed.
    if (this.#state !== 'connecting') return
    this.#state = 'connected'
    this.#failures = 0
    this.#connected = connected
    log.msg(`Connected to ${this.#parts.name}.`, { system })
    for (const { resolve } of this.#waiters.splice(0)) resolve(connected)
  }

  /** The attempt, or its connection, is no more; `goOn` if that is not what was wanted. */
  #ended(goOn: () => void): void {
    this.#attempt = undefined
    this.#connected = undefined
    switch (this.#state) {
      case 'disconnecting':
        this.#stopped()
        this.#finishStops()
        return
      case 'restarting':
        this.#finishStops()
        this.#connect()
        return
      default:
        goOn()
    }
  }

  #failed(error: unknown): void {
    const isNamed = error instanceof ConnectError
    log.warn(
      isNamed ? error.message : `cannot connect to ${this.#parts.name}: ${messageOf(error)}`,
      {
        system,
      },
    )
    this.#wait()
    const waiting = this.#waiters
    for (const waiter of waiting) waiter.left -= 1
    this.#waiters = waiting.filter(({ left }) => left > 0)
    for (const { left, reject } of waiting) if (left <= 0) reject(error)
  }

  #lost(reason: Error | undefined): void {
    const why = reason ? `: ${messageOf(reason)}` : ''
    log.warn(`Lost the connection to ${this.#parts.name}${why}.`, { system })
    this.#wait()
  }

  #wait(): void {
    this.#state = 'waiting'
    this.#failures += 1
    const delay = this.#delay()
    // The policy may have stopped the service: it has tried often enough.
    if (this.#state !== 'waiting') return
    const seconds = Number(delay.toFixed(3))
    log.msg(
      `Scheduling retry ${this.#failures} to connect ${this.#parts.name} in ${counted(seconds, 'second')}.`,
      { system },
    )
    this.#retry = this.#parts.clock.callLater(delay, () => this.#connect())
  }

  /** A policy that fails must not end the retries, nor have them come without a pause. */
  #delay(): number {
    try {
      const delay = this.#parts.retryPolicy(this.#failures)
      if (delay >= 0 && delay < Number.POSITIVE_INFINITY) return delay
      throw new RangeError(`The retry policy must return a number of seconds, not ${delay}`)
    } catch (error) {
      log.err(error, 'The default policy is used for this retry')
      return defaultPolicy(this.#failures)
    }
  }

  #stopped(): void {
    this.#state = 'stopped'
    const error = new CancelledError('the client was stopped')
    for (const { reject } of this.#waiters.splice(0)) reject(error)
  }

  #finishStops(): void {
    for (const resolve of this.#stops.splice(0)) resolve()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
