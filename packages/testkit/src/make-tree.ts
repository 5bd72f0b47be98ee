import { makeOptions } from '@runnerd/options'
import { Application, type IService, type IServiceMaker } from 'runnerd'

/** What a run has before it starts anything. */
export interface Tree {
  readonly application: Application
  readonly service: IService
  /** What `makeService` was given. */
  readonly options: unknown
}

/**
 * Makes the service of a maker and puts it into an application, as a run does.
 *
 * @throws whatever `postOptions` or `makeService` throws
 * @throws an error with code `ERR_NO_SERVICE` when there is no service to start
 */
export async function makeTree(
  maker: IServiceMaker,
  values: Readonly<Record<string, unknown>>,
): Promise<Tree> {
  const options = await makeOptions(maker, values)
  const service: unknown = await maker.makeService(options)
  if (!isService(service)) {
    const none = service === undefined || service === null
    const returned = none ? 'nothing' : 'something that is no service'
    const message = `cannot load ${maker.tapname}: makeService returned ${returned}`
    throw Object.assign(new Error(message), { code: 'ERR_NO_SERVICE' })
  }
  const application = new Application(maker.tapname)
  await service.setServiceParent(application)
  return { application, service, options }
}

/**
 * Starts what an application holds, as a run does.
 *
 * @throws what a service throws, when those that were started have been stopped
 */
export async function startTree(application: Application): Promise<void> {
  await application.privilegedStartService()
  await application.startService()
}

function isService(value: unknown): value is IService {
  const service = value as Partial<IService> | null | undefined
  return (
    typeof service?.startService === 'function' && typeof service.setServiceParent === 'function'
  )
}
