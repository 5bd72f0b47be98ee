import type { IStreamServerEndpointStringParser } from './i-endpoint.ts'

/** What finds an endpoint type of a third party: runner, among its dropins. @internal */
export type EndpointFinder = (
  prefix: string,
) => Promise<IStreamServerEndpointStringParser | undefined>

interface EndpointTypes {
  readonly servers: Map<string, IStreamServerEndpointStringParser>
  find: EndpointFinder | undefined
  /** What is being looked for, or was not found. */
  readonly sought: Set<Promise<unknown>>
}

// One for the process, however many copies of this package are loaded in it.
const KEY = Symbol.for('runnerd.endpointTypes/1')
const globals = globalThis as unknown as Record<symbol, EndpointTypes | undefined>

/** The endpoint types of third parties, as far as they are known here. @internal */
export function endpointTypes(): EndpointTypes {
  const there = globals[KEY]
  if (there !== undefined) return there
  const made: EndpointTypes = { servers: new Map(), find: undefined, sought: new Set() }
  Object.defineProperty(globalThis, KEY, { value: made })
  return made
}

/** Says who finds endpoint types that are not known yet. @internal */
export function setEndpointFinder(find: EndpointFinder | undefined): void {
  endpointTypes().find = find
}

/** Has strings with its prefix given to it. @internal */
export function addEndpointType(parser: IStreamServerEndpointStringParser): void {
  endpointTypes().servers.set(parser.prefix, parser)
}

/**
 * Waits until every endpoint that was made has its type.
 *
 * @throws what the first one that hasn't got it was refused with
 *
 * @internal
 */
export async function endpointsFound(): Promise<void> {
  const { sought } = endpointTypes()
  const all = [...sought]
  sought.clear()
  await Promise.all(all)
}
