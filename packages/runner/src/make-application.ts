import { endpointsFound } from '@runnerd/internet/endpoints'
import { makeOptions, nameVariables } from '@runnerd/options'
import { exportsOf, loadModule } from '@runnerd/plugin'
import { Application, type IService, type IServiceMaker, isApplication } from '@runnerd/service'
import { provideEndpointTypes } from './endpoint-types.ts'
import { ExitStatus } from './exit-status.ts'
import { door } from './home.ts'
import type { Plan, Source } from './plan.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Makes the application: of the service that the plugin's maker makes, or the
 * one that a tac file exports.
 *
 * @throws what an endpoint string that is made in it is wrong with
 * @throws whatever the module, `postOptions` or `makeService` throws
 * @throws RunnerError when what they give is no service or application
 */
export async function makeApplication(plan: Plan): Promise<Application> {
  const { source } = plan
  await provideEndpointTypes(plan)
  const isPlugin = source.kind === 'plugin'
  const application = isPlugin ? await fromPlugin(source) : await fromTac(source.file)
  await endpointsFound()
  return application
}

type PluginSource = Extract<Source, { kind: 'plugin' }>

async function fromPlugin(source: PluginSource): Promise<Application> {
  const exports = exportsOf(await loadModule(source.file, door))
  const maker = exports.get(source.export) as IServiceMaker | undefined
  if (maker === undefined) throw missing(source.file, `it does not export ${source.export}`)
  const service = await serviceOf(maker, source)
  if (!isService(service)) {
    throw missing(source.tapname, `makeService returned ${nounFor(service)}`)
  }
  const application = new Application(source.tapname)
  await service.setServiceParent(application)
  return application
}

async function serviceOf(maker: IServiceMaker, { values, variables }: PluginSource) {
  try {
    const options = await makeOptions(maker, values)
    return (await maker.makeService(options as never)) as unknown
  } catch (error) {
    throw nameVariables(error, variables)
  }
}

async function fromTac(file: string): Promise<Application> {
  const exports = exportsOf(await loadModule(file, door))
  const application = exports.get('application')
  if (isApplication(application)) return application
  const reason = application === undefined ? 'it exports no application' : 'its application is none'
  const hint = "it needs: export const application = new Application('name')"
  throw new RunnerError('ERR_NO_APPLICATION', ExitStatus.CONFIG, `cannot load ${file}: ${reason}`, {
    hint,
  })
}

function missing(what: string, reason: string): RunnerError {
  const message = `cannot load ${what}: ${reason}`
  return new RunnerError('ERR_NO_SERVICE', ExitStatus.SOFTWARE, message)
}

function isService(value: unknown): value is IService {
  const service = value as Partial<IService> | null | undefined
  return (
    typeof service?.startService === 'function' && typeof service.setServiceParent === 'function'
  )
}

function nounFor(value: unknown): string {
  return value === undefined || value === null ? 'nothing' : 'something that is no service'
}
