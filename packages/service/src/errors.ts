import { counted } from '@runnerd/options'
/**
 * A collection has a child of that name already: two children of one parent
 * can't have the same name. Thrown by `setServiceParent` and `addService`.
 * Recognise it by `code`.
 */
export class ServiceNameTakenError extends Error {
  /** Always `ServiceNameTakenError`. */
  override readonly name = 'ServiceNameTakenError'

  /** Always `ERR_SERVICE_NAME_TAKEN`. */
  readonly code = 'ERR_SERVICE_NAME_TAKEN'

  /** The name that is taken. */
  readonly serviceName: string

  /** @param serviceName - the name that is taken */
  constructor(serviceName: string) {
    super(`Cannot have two services with same name '${serviceName}'`)
    this.serviceName = serviceName
  }
}

/**
 * The service is in a collection, and what was asked is for one that is not:
 * `setName`, or `addService` of another collection.
 * Recognise it by `code`.
 */
export class ServiceHasParentError extends Error {
  /** Always `ServiceHasParentError`. */
  override readonly name = 'ServiceHasParentError'

  /** Always `ERR_SERVICE_HAS_PARENT`. */
  readonly code = 'ERR_SERVICE_HAS_PARENT'
}

/**
 * A service would be its own ancestor. Thrown by `setServiceParent` and
 * `addService`.
 * Recognise it by `code`.
 */
export class ServiceCycleError extends Error {
  /** Always `ServiceCycleError`. */
  override readonly name = 'ServiceCycleError'

  /** Always `ERR_SERVICE_CYCLE`. */
  readonly code = 'ERR_SERVICE_CYCLE'

  constructor() {
    super('Cannot put a service under itself')
  }
}

/**
 * The collection has no such child. Thrown by `getServiceNamed` and
 * `removeService`.
 * Recognise it by `code`.
 */
export class NoSuchServiceError extends Error {
  /** Always `NoSuchServiceError`. */
  override readonly name = 'NoSuchServiceError'

  /** Always `ERR_NO_SUCH_SERVICE`. */
  readonly code = 'ERR_NO_SUCH_SERVICE'

  /** The name that was asked for; `undefined` if the service has none. */
  readonly serviceName: string | undefined

  /** @param serviceName - the name that was asked for, if any */
  constructor(serviceName: string | undefined) {
    super(serviceName === undefined ? 'No such service' : `No service named '${serviceName}'`)
    this.serviceName = serviceName
  }
}

/**
 * A service had not stopped when its time was over, and was waited for no longer.
 * Recognise it by `code`.
 */
export class ServiceLateError extends Error {
  /** Always `ServiceLateError`. */
  override readonly name = 'ServiceLateError'

  /** Always `ERR_SERVICE_LATE`. */
  readonly code = 'ERR_SERVICE_LATE'

  /** Where it is in its tree: `MultiService/poems`. */
  readonly path: string

  /** The seconds that it had. */
  readonly seconds: number

  /**
   * @param path - where it is in its tree
   * @param seconds - what it had
   */
  constructor(path: string, seconds: number) {
    super(`Not stopped within ${counted(seconds, 'second')}: ${path}`)
    this.path = path
    this.seconds = seconds
  }
}

/**
 * A start did not complete because the service was stopped meanwhile: what
 * `startService` of a collection rejects with then.
 * Recognise it by `code`.
 */
export class ServiceStoppedError extends Error {
  /** Always `ServiceStoppedError`. */
  override readonly name = 'ServiceStoppedError'

  /** Always `ERR_SERVICE_STOPPED`. */
  readonly code = 'ERR_SERVICE_STOPPED'

  constructor() {
    super('Stopped before it had started')
  }
}
