import type { IStreamServerEndpointStringParser } from '@runnerd/internet'
import { addEndpointType, setEndpointFinder } from '@runnerd/internet/endpoints'
import { exportsOf, loadModule } from '@runnerd/plugin'
import { door, searchFrom } from './home.ts'
import type { EndpointTypeSource, Plan } from './plan.ts'

/**
 * Loads the endpoint types that the plugin's options ask for, and no others; those that
 * its code asks for are looked for when it does.
 */
export async function provideEndpointTypes(plan: Plan): Promise<void> {
  setEndpointFinder((prefix) => find(prefix, plan))
  for (const type of plan.endpointTypes) addEndpointType(await load(type))
}

async function find(
  prefix: string,
  { launch, pluginPath }: Plan,
): Promise<IStreamServerEndpointStringParser | undefined> {
  const { selectEndpointType } = await import('./select-endpoint-type.ts')
  const search = searchFrom(launch.cwd, process.env, pluginPath, launch.startedAs)
  const { type } = await selectEndpointType(prefix, 'server', search)
  return type && (await load(type))
}

async function load(type: EndpointTypeSource): Promise<IStreamServerEndpointStringParser> {
  const parser = exportsOf(await loadModule(type.file, door)).get(type.export)
  if (
    typeof (parser as Partial<IStreamServerEndpointStringParser>)?.parseStreamServer !== 'function'
  ) {
    throw new Error(`${type.file} does not export the endpoint type ${type.prefix}`)
  }
  return parser as IStreamServerEndpointStringParser
}
