import { isAbsolute } from 'node:path'
import { type OptionsSource, optionsData, plainText, renderHelp } from '@runnerd/options'
import type { CachedPlugin } from './cached-directory.ts'
import { sizeFault } from './declared-size.ts'
import { type CachedEndpointType, type EndpointKind, endpointTypeFault } from './endpoint-type.ts'
import { PLUGIN } from './i-plugin.ts'
import { tapnameFault } from './tapname.ts'

/** What a module's exports declare, and what is wrong with those that can't be used. */
export interface DropinDescription {
  readonly plugins: readonly CachedPlugin[]
  readonly endpointTypes?: readonly CachedEndpointType[]
  readonly faults: readonly string[]
}

/** The most characters of an error that are kept. */
const MOST = 300

/** Describes every service maker and endpoint type that a module exports, under any name. */
export async function describeDropin(
  exports: ReadonlyMap<string, unknown>,
): Promise<DropinDescription> {
  const plugins: CachedPlugin[] = []
  const endpointTypes: CachedEndpointType[] = []
  const faults: string[] = []
  const seen = new Set<unknown>()
  for (const [name, value] of exports) {
    try {
      if (seen.has(value)) continue
      seen.add(value)
      if (isEndpointParser(value)) endpointTypes.push(describeType(name, value))
      else if (isCandidate(value)) plugins.push(await describe(name, value))
    } catch (error) {
      faults.push(oneLine(error))
    }
  }
  return { plugins, faults, ...(endpointTypes.length > 0 ? { endpointTypes } : {}) }
}

interface Candidate {
  readonly tapname?: unknown
  readonly description?: unknown
  readonly options?: unknown
  readonly makeService?: unknown
  readonly workers?: unknown
}

/** Branded, or looking like a service maker; anything else a module exports is its own business. */
function isCandidate(value: unknown): value is Candidate {
  if (typeof value !== 'object' || value === null) return false
  return has(value, PLUGIN) || (has(value, 'tapname') && has(value, 'makeService'))
}

/** The methods of Twisted's interfaces for parsers, by what they make endpoints for. */
const PARSERS: { readonly [kind in EndpointKind]: string } = {
  server: 'parseStreamServer',
  client: 'parseStreamClient',
}

function isEndpointParser(value: unknown): value is { readonly prefix: unknown } {
  if (typeof value !== 'object' || value === null || !has(value, 'prefix')) return false
  return kindsOf(value).length > 0
}

function kindsOf(parser: object): EndpointKind[] {
  const kinds = Object.keys(PARSERS) as EndpointKind[]
  return kinds.filter((kind) => {
    const method = PARSERS[kind]
    return has(parser, method) && typeof (parser as Record<string, unknown>)[method] === 'function'
  })
}

function describeType(name: string, parser: { readonly prefix: unknown }): CachedEndpointType {
  const fault = endpointTypeFault(parser.prefix)
  if (fault !== undefined) throw new TypeError(`${fault} (export ${name})`)
  return { prefix: parser.prefix as string, kinds: kindsOf(parser), export: name }
}

/** True for what an object has, itself or by its class, and not as all objects do. */
function has(value: object, name: PropertyKey): boolean {
  if (!(name in value)) return false
  if (!(name in Object.prototype)) return true
  for (let at = value; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (at === null) return false
    if (Object.hasOwn(at, name)) return true
  }
  return false
}

async function describe(name: string, maker: Candidate): Promise<CachedPlugin> {
  const fault = tapnameFault(maker.tapname)
  if (fault !== undefined) throw new TypeError(`${fault} (export ${name})`)
  const tapname = maker.tapname as string
  if (typeof maker.description !== 'string' || maker.description.trim() === '') {
    throw new TypeError(`plugin ${tapname} has no description`)
  }
  if (typeof maker.makeService !== 'function') {
    throw new TypeError(`plugin ${tapname} has no makeService`)
  }
  const description = plainText(maker.description.trim().replace(/\s+/g, ' '))
  const options = await dataOf(tapname, maker)
  const tooMuch = sizeFault({ tapname, description, options })
  if (tooMuch !== undefined) throw new TypeError(tooMuch)
  const usage = `runner [options] ${tapname} [options]`
  const help = await renderHelp({ usage, description, spec: options })
  const alone = maker.workers === false ? ({ workers: false } as const) : {}
  return { tapname, description, export: name, options, help, ...alone }
}

async function dataOf(tapname: string, maker: Candidate): Promise<CachedPlugin['options']> {
  try {
    return optionsData((await maker.options) as OptionsSource | undefined)
  } catch (error) {
    throw new TypeError(`plugin ${tapname}: ${oneLine(error)}`)
  }
}

/** An error as one line of bearable length: its message up to the first line break. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const line = plainText(text.split('\n').find((each) => each.trim() !== '') ?? 'no reason given')
  const short = line.length > MOST ? `${line.slice(0, MOST)}…` : line
  return isAbsolute(short) ? `at ${short}` : short
}
