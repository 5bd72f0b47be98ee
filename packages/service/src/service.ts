import { checkAdoption } from './adoption.ts'
import { ServiceHasParentError } from './errors.ts'
import type { IService } from './i-service.ts'
import type { AfterStart, IServiceCollection } from './i-service-collection.ts'
import { throwAll } from './throw-all.ts'

/**
 * Base class for services, which does the book-keeping. Override what you need,
 * with an `async` method where it suits, and call `super`.
 *
 * The methods of this class only set `running`, so that calling them twice is
 * harmless.
 *
 * @see Twisted's `twisted.application.service.Service`
 *
 * @example
 * import { readFile } from 'node:fs/promises'
 * import { Service } from 'runnerd'
 *
 * export class PoetryService extends Service {
 *   poem = ''
 *
 *   override async startService(): Promise<void> {
 *     await super.startService()
 *     this.poem = await readFile('poetry/ecstasy.txt', 'utf8')
 *   }
 * }
 */
export class Service implements IService {
  name: string | undefined
  running = false
  stopTimeout: number | undefined
  parent: IServiceCollection | undefined

  setName(name: string): void {
    if (this.parent !== undefined) {
      throw new ServiceHasParentError('Cannot change name when parent exists')
    }
    this.name = name
  }

  setServiceParent(parent: IServiceCollection): void | Promise<void> {
    if (this.parent === parent) return
    checkAdoption(parent, this)
    const left = this.disownServiceParent()
    this.parent = parent
    let joined: void | Promise<void>
    try {
      joined = parent.addService(this)
    } catch (error) {
      this.parent = undefined
      throw error
    }
    return left === undefined ? joined : bothSettled(left, joined)
  }

  disownServiceParent(): void | Promise<void> {
    const { parent } = this
    if (parent === undefined) return
    const stopped = parent.removeService(this)
    this.parent = undefined
    return stopped
  }

  privilegedStartService(): void | Promise<void> {}

  startService(): void | Promise<void> {
    this.running = true
  }

  stopService(): void | Promise<void> {
    this.running = false
  }

  undoStart(): void | Promise<void> {
    this.running = false
  }

  checkPrivilegedStart(): void | Promise<void> {}

  checkStart(): void | Promise<void> {}

  drain(): void | Promise<void> {}

  /**
   * Has `callback` called when the outermost collection that is being started
   * has started all its children; at once, and returning what it returns, if
   * nothing above this service is starting. Call it from `startService` to begin
   * what the outside world must not see of a tree that may still fail, such as
   * accepting connections.
   *
   * The start of that collection waits for it and fails if it fails. A failed
   * start drops it. It may be called after this service has been removed again,
   * and should do nothing then.
   *
   * @internal
   */
  afterStart(callback: AfterStart): void | Promise<void> {
    return this.parent?.afterStart ? this.parent.afterStart(callback) : callback()
  }
}

/** The stop in the old place and the start in the new one; neither error is lost. */
async function bothSettled(...promises: (void | Promise<void>)[]): Promise<void> {
  const results = await Promise.allSettled(promises)
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  throwAll(errors, 'The service failed to stop in its old place and to start in its new one')
}
