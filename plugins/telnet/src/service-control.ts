import { AsyncResource } from 'node:async_hooks'
import type { IService } from 'runnerd'
import { log } from 'runnerd'
import type { ServiceTree } from './service-tree.ts'

/** Whom the log names, and of whose lines that is one. */
export interface LoggedAs {
  readonly name: string
  readonly system: string
}

/** Starts and stops single services of a tree, for those who debug it. */
export class ServiceControl {
  readonly #tree: ServiceTree
  /** Made where no session is, so that what is started doesn't belong to one. */
  readonly #outside = new AsyncResource('runner telnet')

  constructor(tree: ServiceTree) {
    this.#tree = tree
  }

  /**
   * Starts a service that doesn't run: both halves of its start.
   *
   * @param which - its name or path, or itself
   * @returns what has come of it
   */
  async start(which: unknown, who: LoggedAs): Promise<string> {
    const service = this.#find(which)
    const name = this.#nameOf(service)
    if (service.running) return `${name} runs already`
    log.msg(`${who.name} starts ${name}`, who)
    await this.#apart(async () => {
      await service.privilegedStartService()
      await service.startService()
    })
    return `${name} has started`
  }

  /** Stops a service that runs; it stays in its tree. */
  async stop(which: unknown, who: LoggedAs): Promise<string> {
    const service = this.#find(which)
    const name = this.#nameOf(service)
    if (!service.running) return `${name} doesn't run`
    log.msg(`${who.name} stops ${name}`, who)
    await this.#apart(() => service.stopService())
    return `${name} has stopped`
  }

  #find(which: unknown): IService {
    if (typeof which === 'string') return this.#tree.named(which)
    const isService = typeof (which as Partial<IService> | null)?.startService === 'function'
    if (isService) return which as IService
    throw new TypeError('Pass the name of a service, or a service')
  }

  #nameOf(service: IService): string {
    for (const [name, each] of this.#tree.byName()) if (each === service) return name
    return service.name ?? service.constructor.name
  }

  /**
   * Works outside the session it is called in. Whatever is begun in one belongs to it, as
   * the REPL has it, and an error in that is shown there: a service that was started again
   * is the daemon's, and so are its errors.
   */
  #apart<T>(work: () => T): T {
    const { domain } = process as { domain?: { enter(): void; exit(): void } | null }
    domain?.exit()
    try {
      return this.#outside.runInAsyncScope(work)
    } finally {
      domain?.enter()
    }
  }
}
