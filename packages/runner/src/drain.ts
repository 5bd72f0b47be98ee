import { log } from '@runnerd/logging'
import { counted } from '@runnerd/options'
import type { Application, IService } from '@runnerd/service'

/** The end of a generation that is succeeded: what is open is waited for, but not for ever. */
export class Drain {
  readonly #application: Application
  #state: 'under way' | 'over' | 'cut short' = 'under way'

  constructor(application: Application) {
    this.#application = application
  }

  /**
   * Drains the tree, and waits no longer than the deadline. What fails to drain is
   * logged and changes nothing; connections that are open at the deadline are counted
   * in the log, for they are cut by the stop that follows.
   *
   * @param timeout in seconds
   * @param others what else is to come to its end meanwhile
   */
  async run(timeout: number, others: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, timeout * 1000, 'late')
    })
    const drained = this.#application.drain().catch((error) => {
      const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
      for (const each of errors) log.err(each, 'A service failed to drain')
    })
    const isLate = (await Promise.race([Promise.all([drained, others]), late])) === 'late'
    clearTimeout(timer)
    if (this.#state !== 'under way') return
    this.#state = 'over'
    if (isLate) log.warn(`Not drained within ${counted(timeout, 'second')}: ${this.#cut()}`)
  }

  /** A stop comes, which doesn't wait for it: what is cut then is counted, too. */
  cutShort(): void {
    if (this.#state !== 'under way') return
    this.#state = 'cut short'
    if (openConnections(this.#application) > 0) log.warn(`Stopped while it drained: ${this.#cut()}`)
  }

  /** What the log says of it at the end. */
  farewell(generation: number): string {
    const how = this.#state === 'cut short' ? 'stopped' : 'drained and stopped'
    return `Generation ${generation} with pid ${process.pid} has ${how}.`
  }

  #cut(): string {
    const open = openConnections(this.#application)
    return `cutting ${counted(open, 'connection')}.`
  }
}

function openConnections(service: IService): number {
  const children = Symbol.iterator in service ? [...(service as Iterable<IService>)] : []
  const own = listenersOf(service).map(({ connections }) => connections?.open ?? 0)
  return [...own, ...children.map(openConnections)].reduce((sum, each) => sum + each, 0)
}

function listenersOf(service: IService) {
  try {
    return service.describe?.().listeners ?? []
  } catch {
    // It is left out of the status too.
    return []
  }
}
