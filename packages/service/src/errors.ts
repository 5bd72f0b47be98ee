/** A collection has a child of that name already. */
export class ServiceNameTakenError extends Error {
  override readonly name = 'ServiceNameTakenError'
  readonly code = 'ERR_SERVICE_NAME_TAKEN'
  readonly serviceName: string

  constructor(serviceName: string) {
    super(`Cannot have two services with same name '${serviceName}'`)
    this.serviceName = serviceName
  }
}

/** The service is in a collection, and what was asked is for one that is not. */
export class ServiceHasParentError extends Error {
  override readonly name = 'ServiceHasParentError'
  readonly code = 'ERR_SERVICE_HAS_PARENT'
}

/** A service would be its own ancestor. */
export class ServiceCycleError extends Error {
  override readonly name = 'ServiceCycleError'
  readonly code = 'ERR_SERVICE_CYCLE'

  constructor() {
    super('Cannot put a service under itself')
  }
}

/** The collection has no such child. */
export class NoSuchServiceError extends Error {
  override readonly name = 'NoSuchServiceError'
  readonly code = 'ERR_NO_SUCH_SERVICE'
  readonly serviceName: string | undefined

  constructor(serviceName: string | undefined) {
    super(serviceName === undefined ? 'No such service' : `No service named '${serviceName}'`)
    this.serviceName = serviceName
  }
}

/** A start did not complete because the service was stopped meanwhile. */
export class ServiceStoppedError extends Error {
  override readonly name = 'ServiceStoppedError'
  readonly code = 'ERR_SERVICE_STOPPED'

  constructor() {
    super('Stopped before it had started')
  }
}
