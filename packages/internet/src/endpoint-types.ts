import type { EndpointWords } from './endpoint-string.ts'
import { ofWhole } from './endpoint-string-error.ts'
import type {
  IStreamClientEndpoint,
  IStreamClientEndpointStringParser,
} from './i-client-endpoint.ts'
import type { IStreamServerEndpoint, IStreamServerEndpointStringParser } from './i-endpoint.ts'
import { unknownType } from './server-place.ts'

/** The parsers of third parties, by what they make endpoints for. @internal */
export interface EndpointParsers {
  readonly server: IStreamServerEndpointStringParser
  readonly client: IStreamClientEndpointStringParser
}

/** @internal */
export type EndpointKind = keyof EndpointParsers

interface Endpoints {
  readonly server: IStreamServerEndpoint
  readonly client: IStreamClientEndpoint
}

/** What finds an endpoint type that is not known yet: runner, among its dropins. @internal */
export type EndpointFinder = <Kind extends EndpointKind>(
  prefix: string,
  kind: Kind,
) => Promise<EndpointParsers[Kind] | undefined>

interface EndpointTypes {
  readonly server: Map<string, IStreamServerEndpointStringParser>
  readonly client: Map<string, IStreamClientEndpointStringParser>
  find: EndpointFinder | undefined
  /** What is being looked for, or was not found. */
  readonly sought: Set<Promise<unknown>>
}

// One for the process, however many copies of this package are loaded in it.
const KEY = Symbol.for('runnerd.endpointTypes/1')
const globals = globalThis as unknown as Record<symbol, EndpointTypes | undefined>

function endpointTypes(): EndpointTypes {
  const there = globals[KEY]
  if (there !== undefined) return there
  const made: EndpointTypes = {
    server: new Map(),
    client: new Map(),
    find: undefined,
    sought: new Set(),
  }
  Object.defineProperty(globalThis, KEY, { value: made })
  return made
}

/** Says who finds endpoint types that are not known yet. @internal */
export function setEndpointFinder(find: EndpointFinder | undefined): void {
  endpointTypes().find = find
}

/** Has strings with its prefix given to it, for whatever it has a parser for. @internal */
export function addEndpointType(parser: EndpointParsers[EndpointKind]): void {
  const { server, client } = endpointTypes()
  const { prefix } = parser
  if ('parseStreamServer' in parser) server.set(prefix, parser)
  if ('parseStreamClient' in parser) client.set(prefix, parser)
}

/** Whether a type was added that makes endpoints for this. @internal */
export function isTypeKnown(prefix: string, kind: EndpointKind): boolean {
  return endpointTypes()[kind].has(prefix)
}

/**
 * Has a parser of a third party make an endpoint.
 *
 * @param ours - the prefixes that need none
 * @returns it, or a promise of it while its type is looked for
 * @throws EndpointStringError if there is no such type, or the parser refuses the string
 *
 * @internal
 */
export function parseForeign<Kind extends EndpointKind>(
  kind: Kind,
  description: string,
  words: EndpointWords,
  ours: readonly string[],
): Endpoints[Kind] | Promise<Endpoints[Kind]> {
  const types = endpointTypes()
  const { prefix } = words
  const known = [...ours, ...types[kind].keys()]
  const use = (parser: EndpointParsers[EndpointKind] | undefined): Endpoints[Kind] => {
    if (parser === undefined) throw unknownType(description, prefix, known)
    return parse(parser, kind, description, words)
  }
  const parser = types[kind].get(prefix)
  if (parser !== undefined || types.find === undefined) return use(parser)
  const found = types.find(prefix, kind).then(use)
  types.sought.add(found)
  // Whoever waits for it hears of it.
  found.catch(() => {})
  return found
}

function parse<Kind extends EndpointKind>(
  parser: EndpointParsers[EndpointKind],
  kind: Kind,
  description: string,
  { args, keywords }: EndpointWords,
): Endpoints[Kind] {
  try {
    const both = parser as EndpointParsers['server'] & EndpointParsers['client']
    const endpoint =
      kind === 'server'
        ? both.parseStreamServer(args, keywords)
        : both.parseStreamClient(args, keywords)
    if (isObject(endpoint)) return endpoint as Endpoints[Kind]
  } catch (error) {
    throw ofWhole(error, description)
  }
  const method = kind === 'server' ? 'parseStreamServer' : 'parseStreamClient'
  throw new TypeError(`${method} of the type ${parser.prefix} has returned no endpoint`)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
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
