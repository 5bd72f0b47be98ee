import type { IService } from './i-service.ts'
import { withRollbackErrors } from './rollback-errors.ts'
import { enterState } from './service-state.ts'
import { Turns } from './turns.ts'

/** What a collection has that can cut its own start short. */
interface CancelsStart {
  cancelStart?(): void
}

/**
 * How far one service has been started by its parents, whichever they were: it
 * is what makes every start be followed by exactly one stop, and never overlap
 * with one, when the service is moved, removed or added in the middle of either.
 *
 * @internal
 */
export class Life {
  readonly #service: IService
  readonly #turns = new Turns<'prepare' | 'start' | 'stop'>()
  #state: 'stopped' | 'prepared' | 'started' = 'stopped'

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
        await this.#service.startService()
        this.#state = 'started'
        enterState(this.#service, 'running')
      })
    })
  }

  /** Stops what was started, undoes what was begun; `undefined` if there is neither. */
  stop(): Promise<void> | undefined {
    if (this.#state === 'stopped' && this.#turns.last === undefined) return undefined
    this.cancel()
    return this.#turns.take('stop', async () => {
      const state = this.#state
      if (state === 'stopped') return
      this.#state = 'stopped'
      await this.#leave(state)
    })
  }

  /** Has a start that is going on end early, if the service can do that. */
  cancel(): void {
    const last = this.#turns.last
    if (last === 'prepare' || last === 'start') (this.#service as CancelsStart).cancelStart?.()
  }

  async #leave(state: 'prepared' | 'started'): Promise<void> {
    const service = this.#service
    enterState(service, 'stopping')
    try {
      await (state === 'started' ? service.stopService() : service.undoStart?.())
      enterState(service, 'stopped')
    } catch (error) {
      enterState(service, 'failed')
      throw error
    }
  }

  async #prepare(): Promise<void> {
    enterState(this.#service, 'starting')
    await this.#service.privilegedStartService()
    this.#state = 'prepared'
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#state = 'stopped'
      // A start that was cut short has not failed.
      const wasCut = (error as { code?: unknown } | null)?.code === 'ERR_SERVICE_STOPPED'
      enterState(this.#service, wasCut ? 'stopped' : 'failed')
      try {
        await this.#service.undoStart?.()
      } catch (undoError) {
        throw withRollbackErrors(error, [undoError])
      }
      throw error
    }
  }
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
