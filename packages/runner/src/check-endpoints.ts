import { resolve } from 'node:path'
import {
  checkEndpointString,
  EndpointStringError,
  type EndpointUse,
  ourPrefixes,
  quoteStringArgument,
  saidOf,
  splitEndpoint,
  unknownType,
} from '@runnerd/internet/endpoints'
import { camelCase } from '@runnerd/options'
import type { PluginSearch } from '@runnerd/plugin'
import type { EndpointTypeSource } from './plan.ts'

type Values = Readonly<Record<string, unknown>>

/** Values that were checked. */
export interface CheckedEndpoints {
  /** All of them, with the paths of UNIX sockets made absolute. */
  readonly values: Values
  /** What the strings ask for that dropins have. */
  readonly types: readonly EndpointTypeSource[]
}

/**
 * Checks the endpoint strings that a plugin's options have. What is behind the prefix of
 * one of a dropin's type is for the dropin to check.
 *
 * @param names the options that have some, and what these are for
 * @param directory where the paths of UNIX sockets are meant from; as they are if left out
 * @param search where other types are looked for
 * @throws UsageError naming the option and the part that is wrong
 */
export async function checkEndpoints(
  names: ReadonlyMap<string, EndpointUse>,
  values: Values,
  directory: string | undefined,
  search: PluginSearch,
): Promise<CheckedEndpoints> {
  const moved: Record<string, unknown> = { ...values }
  const types = new Map<string, EndpointTypeSource>()
  for (const [name, kind] of names) {
    const value = values[name] as string | readonly string[]
    for (const each of [value].flat()) {
      const type = await about(name, () => check(each, kind, search))
      if (type !== undefined) types.set(`${kind} ${type.prefix}`, type)
    }
    if (directory === undefined) continue
    const absolute = (each: string): string => fromDirectory(directory, each)
    for (const key of [name, camelCase(name)]) {
      moved[key] = typeof value === 'string' ? absolute(value) : value.map(absolute)
    }
  }
  return { values: moved, types: [...types.values()] }
}

/**
 * Checks the endpoint of `--monitor`, which is of no dropin's type: what answers there is
 * runner's alone.
 *
 * @param directory where the path of a UNIX socket is meant from; as it is if left out
 * @returns it, with such a path made absolute
 * @throws UsageError naming the part that is wrong
 */
export async function checkMonitor(
  description: string,
  directory: string | undefined,
): Promise<string> {
  await about('monitor', async () => {
    const prefix = checkEndpointString(description, 'server')
    if (prefix !== undefined) throw unknownType(description, prefix, ourPrefixes('server'))
  })
  return directory === undefined ? description : fromDirectory(directory, description)
}

/** Finds the type where it is a dropin's. */
async function check(
  description: string,
  kind: EndpointUse,
  search: PluginSearch,
): Promise<EndpointTypeSource | undefined> {
  const prefix = checkEndpointString(description, kind)
  if (prefix === undefined || kind === 'datagram') return undefined
  const { selectEndpointType } = await import('./select-endpoint-type.ts')
  const { type, others } = await selectEndpointType(
    prefix,
    kind === 'socket' ? 'server' : kind,
    search,
  )
  if (type === undefined) throw unknownType(description, prefix, [...ourPrefixes(kind), ...others])
  return type
}

async function about<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof EndpointStringError ? saidOf(`--${name}`, error) : error
  }
}

/**
 * The path of a UNIX socket is meant from where runner was started, as any other of an
 * option; that below `tls:`, too.
 */
function fromDirectory(directory: string, description: string): string {
  const { prefix, args, keywords } = splitEndpoint(description)
  const isPath = prefix === 'unix'
  if (!isPath && !(prefix === 'tls' && 'endpoint' in keywords)) return description
  const [first, ...rest] = args
  const moved = first === undefined || !isPath ? args : [resolved(directory, first), ...rest]
  const words = [
    ...moved.map(quoteStringArgument),
    ...Object.entries(keywords).map(([name, value]) => {
      const isMeant = isPath ? name === 'path' || name === 'address' : name === 'endpoint'
      const move = isPath ? resolved : fromDirectory
      return `${name}=${quoteStringArgument(isMeant ? move(directory, value) : value)}`
    }),
  ]
  return [prefix, ...words].join(':')
}

function resolved(directory: string, path: string): string {
  return path.startsWith('\0') ? path : resolve(directory, path)
}
