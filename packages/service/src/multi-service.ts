import { checkAdoption } from './adoption.ts'
import { NoSuchServiceError, ServiceHasParentError, ServiceStoppedError } from './errors.ts'
import type { IService } from './i-service.ts'
import type { AfterStart, IServiceCollection } from './i-service-collection.ts'
import { type Member, Members } from './members.ts'
import { rollbackErrorsOf, withRollbackErrors } from './rollback-errors.ts'
import { Service } from './service.ts'
import { servicePath } from './service-path.ts'
import { listenersOf, type Spent, STOPPING, type Stopping } from './stopping.ts'
import { SEVERAL_FAILED, throwAll } from './throw-all.ts'
import { type Turn, Turns } from './turns.ts'
import { Wait } from './wait.ts'

type Phase = 'privileged' | 'start' | 'stop'

/**
 * A service of services: starts its children in the order they were added, each
 * awaited, and stops them in reverse.
 *
 * - A child that fails to start makes the start fail: what was started is
 *   stopped in reverse, and the promise rejects with the child's error. Errors
 *   of that undoing are in its `rollbackErrors`.
 * - A stop reaches every started child though some fail, then rejects with the
 *   error; with an `AggregateError` if there are several.
 * - Starting what runs or stopping what doesn't does nothing. A start or stop
 *   that is going on is shared by who asks for it again. A stop cuts a start
 *   short, which then rejects with code `ERR_SERVICE_STOPPED`; a start waits for
 *   a stop.
 * - A child that hangs while it stops does not hang the others, if it or what it
 *   is in has a `stopTimeout`: then it is late, and they are stopped after it.
 * - A child may be added or removed at any time. One whose start is going on
 *   when it is removed, or when its parent stops, is stopped after it. One that
 *   was started by hand before it was added counts as started.
 *
 * A child must not await the start or stop of its own parent, or its own
 * removal, in its `startService` or `stopService`: each would wait for the other.
 * Nor may a collection that is being started be moved to under what it held.
 *
 * @see Twisted's `twisted.application.service.MultiService`
 *
 * @example
 * import { MultiService, Service } from 'runnerd'
 *
 * const top = new MultiService()
 * new Service().setServiceParent(top)
 * await top.privilegedStartService()
 * await top.startService()
 * await top.stopService()
 */
export class MultiService extends Service implements IServiceCollection {
  readonly #members = new Members()
  readonly #turns = new Turns<Phase>()
  /** What waits for the end of the start that is going on. */
  #callbacks: AfterStart[] | undefined
  /** The privileged half is done: children that come between the halves get it too. */
  #privileged = false
  /** The callback that is waited for. */
  #calling: { readonly wait: Wait; readonly done: Promise<void> } | undefined

  constructor() {
    super()
    const stopping: Stopping = {
      hurry: (spent) => this.#hurry(spent),
      stopRest: () => this.#stop(),
    }
    Object.defineProperty(this, STOPPING, { value: stopping })
  }

  override privilegedStartService(): Promise<void> {
    return this.#turns.take('privileged', (turn) =>
      this.#attempt(async () => {
        if (this.running) return
        this.#privileged = true
        this.#members.calm()
        await this.#members.each(turn, ({ life }, wanted) => life.prepare(wanted))
      }),
    )
  }

  override startService(): Promise<void> {
    return this.#turns.take('start', (turn, before) =>
      this.#attempt(async () => {
        if (before?.kind === 'privileged') await before.done
        if (turn.cancelled) throw new ServiceStoppedError()
        if (this.running) return
        super.startService()
        this.#members.calm()
        this.#callbacks = []
        const privileged = this.#privileged
        await this.#members.each(turn, ({ life }, wanted) => life.start(wanted, privileged))
        await this.#callBack(turn, this.#callbacks)
      }),
    )
  }

  override stopService(): Promise<void> {
    return this.#stop()
  }

  override undoStart(): Promise<void> {
    // Not this.stopService(): what a subclass adds to it is for a start that succeeded.
    return this.#stop()
  }

  #stop(): Promise<void> {
    if (this.#turns.last !== 'stop') this.cancelStart()
    super.stopService()
    return this.#turns.take('stop', async (_turn, before) => {
      const errors = before ? await before.done.then(() => [], rollbackErrorsOf) : []
      throwAll([...errors, ...(await this.#stopMembers())], SEVERAL_FAILED)
    })
  }

  /** Checks the privileged half of the start of each child, in their order. */
  override async checkPrivilegedStart(): Promise<void> {
    for (const child of [...this]) await child.checkPrivilegedStart?.()
  }

  /** Checks the start of each child, in their order. */
  override async checkStart(): Promise<void> {
    for (const child of [...this]) await child.checkStart?.()
  }

  /** Drains the children, all at once. What fails is said when the others have drained. */
  override async drain(): Promise<void> {
    const results = await Promise.allSettled(
      [...this].map(async (child) => {
        if (child.running) await child.drain?.()
      }),
    )
    const failed = results.filter(({ status }) => status === 'rejected')
    throwAll(
      failed.map((result) => (result as PromiseRejectedResult).reason),
      'Several services failed to drain',
    )
  }

  /** Has a start that is going on end after the child it is at. @internal */
  cancelStart(): void {
    this.#turns.cancel()
    this.#members.cancelAll()
  }

  /** @internal */
  override afterStart(callback: AfterStart): void | Promise<void> {
    if (this.#callbacks === undefined) return super.afterStart(callback)
    this.#callbacks.push(callback)
  }

  getServiceNamed(name: string): IService {
    return this.#members.named(name).service
  }

  /** Goes over the children, in the order they were added; not over theirs. */
  [Symbol.iterator](): IterableIterator<IService> {
    return this.#members.services()
  }

  addService(service: IService): void | Promise<void> {
    const elsewhere = (service.parent ?? this) !== this
    if (elsewhere || this.#members.get(service)) {
      throw new ServiceHasParentError('Cannot add a service that has a parent')
    }
    checkAdoption(this, service)
    service.parent = this
    const member = this.#members.add(service)
    if (this.running) return this.#startMember(member)
  }

  removeService(service: IService): void | Promise<void> {
    const member = this.#members.get(service)
    if (member === undefined) throw new NoSuchServiceError(service.name)
    this.#release(member)
    return member.life.stop()
  }

  async #startMember(member: Member): Promise<void> {
    try {
      await member.life.start(() => this.running && this.#members.has(member), true)
    } catch (error) {
      if (this.#members.has(member)) this.#release(member)
      throw error
    }
  }

  #release(member: Member): void {
    this.#members.delete(member)
    if (member.service.parent === this) member.service.parent = undefined
  }

  /** Hands the callbacks to a collection above that is starting, or calls them here. */
  async #callBack(turn: Turn<Phase>, callbacks: AfterStart[]): Promise<void> {
    for (let next = callbacks.shift(); next; next = callbacks.shift()) {
      await this.#call(next)
      if (turn.cancelled) throw new ServiceStoppedError()
    }
  }

  async #call(callback: AfterStart): Promise<void> {
    const wait = new Wait(this)
    const done = wait.for(() => super.afterStart(callback))
    this.#calling = { wait, done }
    try {
      await done
    } finally {
      this.#calling = undefined
    }
  }

  /** Time is up for who is waited for. @returns when it is not any more */
  #hurry(spent: Spent): Promise<void> | undefined {
    if (this.#calling === undefined) return this.#members.hurry(spent)
    const { wait, done } = this.#calling
    wait.giveUp(spent)
    const late = { service: this, path: servicePath(this), seconds: spent.seconds }
    for (const listener of listenersOf(this)) listener.onLate(late)
    return done.catch(() => {})
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.running = false
      throw withRollbackErrors(error, await this.#stopMembers())
    } finally {
      this.#callbacks = undefined
    }
  }

  #stopMembers(): Promise<unknown[]> {
    this.#privileged = false
    return this.#members.stopAll()
  }
}
