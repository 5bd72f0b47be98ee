import {
  addEndpointType,
  type EndpointParsers,
  setEndpointFinder,
} from '@runnerd/internet/endpoints'
import { exportsOf, loadModule } from '@runnerd/plugin'
import { door, searchFrom } from './home.ts'
import type { EndpointTypeSource, Plan } from './plan.ts'

type Kind = EndpointTypeSource['kind']

/**
 * Loads the endpoint types that the plugin's options ask for, and no others; those that
 * its code asks for are looked for when it does.
 */
export async function provideEndpointTypes(plan: Plan): Promise<void> {
  setEndpointFinder((prefix, kind) => find(prefix, kind, plan))
  for (const type of plan.endpointTypes) addEndpointType(await load(type))
}

async function find<K extends Kind>(
  prefix: string,
  kind: K,
  { launch, pluginPath }: Plan,
): Promise<EndpointParsers[K] | undefined> {
  const { selectEndpointType } = await import('./select-endpoint-type.ts')
  const search = searchFrom(launch.cwd, process.env, pluginPath, launch.startedAs)
  const { type } = await selectEndpointType(prefix, kind, search)
  return type && ((await load(type)) as EndpointParsers[K])
}

const METHODS = { server: 'parseStreamServer', client: 'parseStreamClient' } as const

async function load(type: EndpointTypeSource): Promise<EndpointParsers[Kind]> {
  const parser = exportsOf(await loadModule(type.file, door)).get(type.export)
  const method = (parser as Record<string, unknown> | undefined)?.[METHODS[type.kind]]
  if (typeof method === 'function') return parser as EndpointParsers[Kind]
  throw new Error(`${type.file} does not export the endpoint type ${type.prefix}`)
}
