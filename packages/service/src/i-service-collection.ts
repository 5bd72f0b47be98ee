import type { IService } from './i-service.ts'

/**
 * Called once the whole tree has started.
 *
 * @internal
 */
export type AfterStart = () => void | Promise<void>

/**
 * A collection of services, which starts and stops them. Iterating goes over
 * its children, in the order they were added.
 *
 * @see Twisted's `twisted.application.service.IServiceCollection`
 */
export interface IServiceCollection extends Iterable<IService> {
  /**
   * Gets the child of that name; not a child's child.
   *
   * @throws an error with code `ERR_NO_SUCH_SERVICE` if there is none
   */
  getServiceNamed(name: string): IService

  /**
   * Adds a child; `service.setServiceParent(collection)` is how it is usually
   * said. If the collection runs the child is started, and is left out again if
   * that fails.
   *
   * @throws at once an error with code `ERR_SERVICE_NAME_TAKEN`,
   * `ERR_SERVICE_CYCLE`, or `ERR_SERVICE_HAS_PARENT` if it is in a collection
   */
  addService(service: IService): void | Promise<void>

  /**
   * Removes a child, and stops it if it was started;
   * `service.disownServiceParent()` is how it is usually said.
   *
   * @throws at once an error with code `ERR_NO_SUCH_SERVICE` if it is no child
   */
  removeService(service: IService): void | Promise<void>

  /**
   * Has `callback` called when the outermost collection that is being started
   * has started all its children, or at once if none is.
   *
   * @internal
   */
  afterStart?(callback: AfterStart): void | Promise<void>
}
