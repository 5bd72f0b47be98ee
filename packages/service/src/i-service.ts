import type { IServiceCollection } from './i-service-collection.ts'
import type { ListenerDescription, ServiceDescription } from './service-description.ts'
import type { ServiceHealth, ServiceMetric } from './service-health.ts'

/**
 * A service: runs start-up and shut-down code at the right times.
 *
 * A start has two halves, `privilegedStartService` and then `startService`;
 * each may return a promise, which is awaited before the next service's turn.
 * A service in a tree is started and stopped by its parent, which keeps the
 * promises below; who calls these methods by hand keeps them himself.
 *
 * @see Twisted's `twisted.application.service.IService`
 */
export interface IService {
  /** The name of the service, unique among the children of one parent, if it has one. */
  readonly name?: string | undefined

  /** True from the beginning of `startService` to the beginning of `stopService`. */
  readonly running: boolean

  /**
   * The longest that its parent waits for it to stop, with all that is in it, in
   * seconds above 0. After that it is late: it counts as stopped, those before it
   * are stopped all the same, and the stop of the parent rejects with code
   * `ERR_SERVICE_LATE`. A start that is going on when it is to stop has as long to
   * end. Left out, it has the time that its parent has; under runner that is
   * `--stop-timeout`, beyond which a longer one has no effect.
   */
  readonly stopTimeout?: number | undefined

  /**
   * True for a service that starts processes of other programs, which `runner export`
   * has the engine know of: who ends them, and who takes care of those that they leave.
   * Read before the service is started. Left out, it starts none.
   */
  readonly startsProcesses?: boolean | undefined

  /**
   * Where it will listen, as far as that is known before it is started; `runner export`
   * has the engine know of it. Read of every service of a tree. Servers of runner's say
   * it; left out, nothing is known.
   */
  readonly listensOn?: readonly ListenerDescription[] | undefined

  /** The collection this service is in. Set by that collection. */
  parent?: IServiceCollection | undefined

  /**
   * Sets the name of the service. `''` is a name.
   *
   * @throws an error with code `ERR_SERVICE_HAS_PARENT` if it has a parent
   */
  setName(name: string): void

  /**
   * Puts this service into a collection; out of the one it was in, if any. If
   * the new parent runs the service is started, if the old one runs it is
   * stopped first.
   *
   * The trees have changed when the call returns. What remains to be awaited, a
   * stop or a start, is returned as a promise: there is none if neither parent
   * runs, so that the call may stand alone in `makeService`. A start that fails
   * leaves the service without a parent.
   *
   * The parent it already has: nothing happens.
   *
   * @throws at once, with both trees as they were, an error with code
   * `ERR_SERVICE_NAME_TAKEN` if the parent has a child of that name, or
   * `ERR_SERVICE_CYCLE` if the parent is this service or in it
   */
  setServiceParent(parent: IServiceCollection): void | Promise<void>

  /**
   * Takes this service out of its collection. If it was started it is stopped,
   * and the promise says when. Without a parent nothing happens.
   */
  disownServiceParent(): void | Promise<void>

  /**
   * Does what needs the privileges the process begins with, such as binding a
   * low port. Called once before `startService`.
   */
  privilegedStartService(): void | Promise<void>

  /** Starts the service. It has started when the promise resolves. */
  startService(): void | Promise<void>

  /**
   * Stops the service. It has stopped when the promise settles, and counts as
   * stopped if it rejects too, or is late (see `stopTimeout`). Called exactly once for each `startService` that
   * succeeded, and never for one that failed.
   */
  stopService(): void | Promise<void>

  /**
   * Gives back what an incomplete start has taken. Called instead of
   * `stopService` when `privilegedStartService` succeeded but `startService` was
   * not reached, and when either of them failed. Unlike Twisted, which has no
   * such call and leaves the port of a failed start bound.
   */
  undoStart?(): void | Promise<void>

  /**
   * Looks whether `privilegedStartService` would be refused; see `checkStart`, before
   * which it is called, with the privileges that the process begins with.
   */
  checkPrivilegedStart?(): void | Promise<void>

  /**
   * Looks whether `startService` would be refused: reads what that reads, and makes,
   * changes and begins nothing. Called by `runner check`, in a process that starts no
   * service and ends then: in the root and the directory of the run, as its user, the
   * children of a collection in the order of a start. Left out, nothing is known before a
   * start.
   *
   * @throws what `startService` would throw
   */
  checkStart?(): void | Promise<void>

  /**
   * Takes on nothing new, such as connections, and resolves when what it has begun
   * is done. Called once, before `stopService`, on a service that runs, when another
   * process has taken its work over: the old one after a reload. The children of a
   * collection drain together. What takes longer than `--drain-timeout` is not waited
   * for, so nothing has to be cut here; an error is logged and changes nothing.
   */
  drain?(): void | Promise<void>

  /**
   * Tells where it listens, and what else an operator may like to know: it is
   * shown by `runner status`. Asked at any time, in any state, so it should be
   * quick and change nothing; one that throws is left out.
   */
  describe?(): ServiceDescription

  /**
   * Tells whether it can do what it is there for: asked when `/readyz` of the monitor or
   * of the control socket is, and only while it runs, so it costs nothing otherwise. A
   * service that is not well makes the whole run not ready, and its reason is shown.
   * Should be quick: what takes longer than two seconds counts as not well, and so does
   * one that throws. Left out, it is well while it runs.
   */
  health?(): ServiceHealth | Promise<ServiceHealth>

  /**
   * Tells what it counts and measures, for `/metrics`: asked at each scrape and at no
   * other time, in any state, so count in plain fields where the work is done. It should
   * be quick and change nothing. Of one that throws there are none; one of a bad name or
   * without a number is left out.
   */
  metrics?(): Iterable<ServiceMetric>
}
