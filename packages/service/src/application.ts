import type { IProcess } from './i-process.ts'
import { MultiService } from './multi-service.ts'

const APPLICATION = Symbol.for('runnerd.Application')

/**
 * The top of a tree of services, and what its process should be like. A tac
 * file exports one as `application`; for a plugin runner makes it, with the
 * tapname as its name.
 *
 * `--uid` or `--gid` on the command line, one of them or both, replaces the `uid`
 * and `gid` that it has.
 *
 * @see Twisted's `twisted.application.service.Application`
 *
 * @example
 * import { Application, TCPServer } from 'runnerd'
 *
 * export const application = new Application('hello')
 * new TCPServer(7000, (socket) => socket.end('hello\n')).setServiceParent(application)
 */
export class Application extends MultiService implements IProcess {
  processName: string | undefined
  uid: number | undefined
  gid: number | undefined

  /**
   * @param name - its name; `ps` shows `runner NAME` unless `processName` says another
   * @param uid - the user id to run as once the ports are bound; left out, no change
   * @param gid - the group id to run as, likewise
   */
  constructor(name: string, uid?: number, gid?: number) {
    super()
    this.setName(name)
    this.uid = uid
    this.gid = gid
  }
}

// On the prototype and by a registered symbol: two copies of this package must agree.
Object.defineProperty(Application.prototype, APPLICATION, { value: 1 })

/**
 * Whether a value is an application, of this copy of the package or another;
 * `instanceof` would know those of its own copy only. Never throws.
 *
 * @example
 * import { Application, isApplication } from 'runnerd'
 *
 * isApplication(new Application('hello')) // true
 */
export function isApplication(value: unknown): value is Application {
  return typeof value === 'object' && value !== null && APPLICATION in value
}
