import { ServiceCycleError, ServiceNameTakenError } from './errors.ts'
import type { IService } from './i-service.ts'
import type { IServiceCollection } from './i-service-collection.ts'

/**
 * Throws if `service` may not become a child of `parent`, which need not be
 * ours: only what the interfaces promise is used.
 *
 * @internal
 */
export function checkAdoption(parent: IServiceCollection, service: IService): void {
  for (let above: unknown = parent; above; above = (above as Partial<IService>).parent) {
    if (above === service) throw new ServiceCycleError()
  }
  const { name } = service
  if (typeof name === 'string' && hasServiceNamed(parent, name)) {
    throw new ServiceNameTakenError(name)
  }
}

function hasServiceNamed(parent: IServiceCollection, name: string): boolean {
  try {
    return parent.getServiceNamed(name) !== undefined
  } catch {
    return false
  }
}
