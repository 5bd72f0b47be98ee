import type { ServiceLateError } from './errors.ts'
import type { IService } from './i-service.ts'
import { withRollbackErrors } from './rollback-errors.ts'
import { enterState } from './service-state.ts'
import { listenersOf, type Spent, spentAfter, stoppingOf } from './stopping.ts'
import { SEVERAL_FAILED, throwAll } from './throw-all.ts'
import { Turns } from './turns.ts'
import { Wait } from './wait.ts'

/** What a collection has that can cut its own start short. */
interface CancelsStart {
  cancelStart?(): void
}

/**
 * How far one service has been started by its parents, whichever they were: it
 * is what makes every start be followed by exactly one stop, and never overlap
 * with one, when the service is moved, removed or added in the middle of either.
 * A service that is late counts as stopped.
 *
 * @internal
 */
export class Life {
  readonly #service: IService
  readonly #turns = new Turns<'prepare' | 'start' | 'stop'>()
  #state: 'stopped' | 'prepared' | 'started' = 'stopped'
  #wait: Wait | undefined
  /** Its time, or that of what it is in, is over: until it is started again. */
  #spent: Spent | undefined
  #isLate = false

  constructor(service: IService) {
    this.#service = service
  }

  /** Takes over a service that was started by hand before it was added. */
  adopt(): void {
    if (this.#turns.last === undefined && this.#service.running) {
      this.#state = 'started'
      enterState(this.#service, 'running')
    }
  }

  /**
   * The privileged half of the start. `wanted` is asked when it is about to
   * begin, since what is waited for before may have changed the answer.
   */
  prepare(wanted: () => boolean): Promise<void> {
    return this.#turns.take('prepare', async () => {
      if (this.#state === 'stopped' && wanted()) await this.#attempt(() => this.#prepare())
    })
  }

  /** The start; with the privileged half before it if that is asked and not done. */
  start(wanted: () => boolean, privileged: boolean): Promise<void> {
    return this.#turns.take('start', async () => {
      if (this.#state === 'started' || !wanted()) return
      await this.#attempt(async () => {
        if (privileged && this.#state === 'stopped') {
          await this.#prepare()
          if (!wanted()) return
        }
        enterState(this.#service, 'starting')
        await this.#waitFor(() => this.#service.startService())
        this.#state = 'started'
        enterState(this.#service, 'running')
      })
    })
  }

  /** Stops what was started, undoes what was begun; `undefined` if there is neither. */
  stop(spent?: Spent): Promise<void> | undefined {
    if (this.#state === 'stopped' && this.#turns.last === undefined) return undefined
    this.cancel()
    if (spent) this.hurry(spent)
    return this.#turns.take('stop', async () => {
      const state = this.#state
      if (state === 'stopped') return
      this.#state = 'stopped'
      await this.#leave(() => (state === 'started' ? this.#stop() : this.#undo()))
    })
  }

  /** Stops the top of a tree, whoever started it. */
  async stopTop(seconds: number): Promise<void> {
    this.#begin()
    await this.#leave(() => this.#stop(seconds))
  }

  /** Has a start that is going on end early, if the service can do that, and in time. */
  cancel(): void {
    const last = this.#turns.last
    if (last !== 'prepare' && last !== 'start') return
    this.#limit(stopTimeoutOf(this.#service))
    ;(this.#service as CancelsStart).cancelStart?.()
  }

  /** Time is up: for what is waited for now, and what will be. */
  hurry(spent: Spent): void {
    if (this.#spent !== undefined) return
    this.#spent = spent
    this.#wait?.hurry(spent)
  }

  async #leave(work: () => Promise<void>): Promise<void> {
    enterState(this.#service, 'stopping')
    try {
      await work()
      enterState(this.#service, 'stopped')
    } catch (error) {
      enterState(this.#service, 'failed')
      throw error
    }
  }

  async #prepare(): Promise<void> {
    enterState(this.#service, 'starting')
    await this.#waitFor(() => this.#service.privilegedStartService())
    this.#state = 'prepared'
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    this.#begin()
    try {
      await work()
    } catch (error) {
      this.#state = 'stopped'
      // A start that was cut short has not failed.
      enterState(this.#service, wasCut(error) ? 'stopped' : 'failed')
      try {
        await this.#undo()
      } catch (undoError) {
        throw withRollbackErrors(error, [undoError])
      }
      throw error
    }
  }

  #begin(): void {
    this.#spent = undefined
    this.#isLate = false
  }

  async #stop(seconds = Number.POSITIVE_INFINITY): Promise<void> {
    this.#announce()
    const limit = Math.min(seconds, stopTimeoutOf(this.#service))
    try {
      await this.#waitFor(() => this.#service.stopService(), limit)
    } catch (error) {
      // What is in it is not to suffer: a subclass may have hung before it came to that.
      if (this.#isLate) await this.#stopRest(error)
      throw error
    }
  }

  async #undo(): Promise<void> {
    this.#announce()
    await this.#waitFor(() => this.#service.undoStart?.(), stopTimeoutOf(this.#service))
  }

  #announce(): void {
    for (const listener of listenersOf(this.#service)) listener.onStop(this.#service)
  }

  async #stopRest(late: unknown): Promise<void> {
    try {
      await stoppingOf(this.#service)?.stopRest()
    } catch (error) {
      throwAll([late, error], SEVERAL_FAILED)
    }
  }

  async #waitFor(work: () => void | Promise<void>, limit?: number): Promise<void> {
    const wait = new Wait(this.#service)
    this.#wait = wait
    if (this.#spent !== undefined) wait.share(this.#spent)
    else if (limit !== undefined) this.#limit(limit)
    try {
      await wait.for(work)
    } catch (error) {
      if (wait.late !== undefined) this.#report(wait.late)
      throw error
    } finally {
      if (this.#wait === wait) this.#wait = undefined
    }
  }

  #limit(seconds: number): void {
    if (seconds < Number.POSITIVE_INFINITY) {
      this.#wait?.limit(seconds, () => this.hurry(spentAfter(seconds)))
    }
  }

  #report({ path, seconds }: ServiceLateError): void {
    if (this.#isLate) return
    this.#isLate = true
    const late = { service: this.#service, path, seconds }
    for (const listener of listenersOf(this.#service)) listener.onLate(late)
  }
}

function wasCut(error: unknown): boolean {
  try {
    return (error as { code?: unknown } | null | undefined)?.code === 'ERR_SERVICE_STOPPED'
  } catch {
    // A getter that throws, or a proxy.
    return false
  }
}

/** Seconds; what is no length of time sets no limit. */
function stopTimeoutOf({ stopTimeout }: IService): number {
  return stopTimeout !== undefined && stopTimeout > 0 ? stopTimeout : Number.POSITIVE_INFINITY
}

const lives = new WeakMap<IService, Life>()

/** @internal */
export function lifeOf(service: IService): Life {
  let life = lives.get(service)
  if (life === undefined) {
    life = new Life(service)
    lives.set(service, life)
  }
  return life
}
