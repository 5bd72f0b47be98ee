import type { IProcess } from './i-process.ts'
import { MultiService } from './multi-service.ts'

const APPLICATION = Symbol.for('runnerd.Application')

/**
 * The top of a tree of services, and what its process should be like. A tac
 * file exports one as `application`.
 *
 * @see Twisted's `twisted.application.service.Application`
 *
 * @example
 * export const application = new Application('fastpoetry')
 * new PoetryService().setServiceParent(application)
 */
export class Application extends MultiService implements IProcess {
  processName: string | undefined
  uid: number | undefined
  gid: number | undefined

  constructor(name: string, uid?: number, gid?: number) {
    super()
    this.setName(name)
    this.uid = uid
    this.gid = gid
  }
}

// On the prototype and by a registered symbol: two copies of this package must agree.
Object.defineProperty(Application.prototype, APPLICATION, { value: 1 })

/** Whether a value is an application, of this copy of the package or another. */
export function isApplication(value: unknown): value is Application {
  return typeof value === 'object' && value !== null && APPLICATION in value
}
