import {
  datagramPlaceOf,
  type EndpointUse,
  type ListenValues,
  listenEndpoints,
  type ServerPlace,
  serverPlaceOf,
  splitEndpoint,
} from '@runnerd/internet/endpoints'
import type { OptionsSpec } from '@runnerd/options'
import type { ListenerDescription } from '@runnerd/service'
import type { RunnerSettings } from '../plan.ts'

/** A place that the options of a plugin have it listen on, or that a service says. */
export interface ExportedListener {
  /** The option that says so; `listen` for what `--port`, or its default, says. A service has none. */
  readonly option: string | undefined
  /** The endpoint string. */
  readonly endpoint: string
  /** `passed` for a socket that runner is started with, `other` for a dropin's type. */
  readonly kind: 'tcp' | 'udp' | 'unix' | 'passed' | 'other'
  /** An IP address or a name; empty where it has none. */
  readonly address: string
  readonly port: number | undefined
  /** Of a UNIX socket. */
  readonly path: string | undefined
  /** Of a UNIX socket, where the endpoint says so. */
  readonly mode: number | undefined
  readonly tls: boolean
}

type Values = Readonly<Record<string, unknown>>

/** What the values of a plugin's options have it listen on, in the order of its options. */
export function listenersOf(spec: OptionsSpec, values: Values): ExportedListener[] {
  return Object.entries(spec).flatMap(([option, { endpoint: kind }]) => {
    if (kind === undefined || kind === 'client') return []
    // As `listenOptions` declares them.
    const isListen = option === 'listen' && spec['default-port'] !== undefined
    const said = values[option] as string | readonly string[] | undefined
    const endpoints = isListen
      ? listenEndpoints(values as unknown as ListenValues, kind === 'socket')
      : said
    return [endpoints ?? []].flat().map((endpoint) => listenerOf(option, endpoint, kind))
  })
}

/** What services say that they will listen on, and that no option has said. */
export function announcedListeners(
  places: readonly ListenerDescription[],
  said: readonly ExportedListener[],
): ExportedListener[] {
  const known = new Set(said.map(keyOf))
  return places.map(announced).filter((each) => !known.has(keyOf(each)))
}

function announced({ kind, address, port }: ListenerDescription): ExportedListener {
  const place = { option: undefined, endpoint: `${kind}:${address}`, mode: undefined, tls: false }
  if (kind === 'unix') return { ...place, kind, address: '', port: undefined, path: address }
  const known = kind === 'tcp' || kind === 'udp' ? kind : 'other'
  return { ...place, kind: known, address, port, path: undefined }
}

function keyOf(listener: ExportedListener): string {
  return `${listener.kind} ${placeOf(listener)}`
}

/** Where `--monitor` has runner itself listen; `undefined` if it isn't given. */
export function monitorOf({ monitor }: RunnerSettings): ExportedListener | undefined {
  return monitor === undefined ? undefined : listenerOf('monitor', monitor, 'server')
}

/** Whether nothing but this machine, or this container, reaches it. */
export function isLoopback({ address }: ExportedListener): boolean {
  return address === 'localhost' || address === '::1' || /^127\./.test(address)
}

/** What other programs call it: `127.0.0.1:8080`, `[::1]:8080`, or the path. */
export function placeOf({ address, port, path, endpoint }: ExportedListener): string {
  if (path !== undefined) return path
  if (port === undefined) return endpoint
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}

function listenerOf(
  option: string,
  endpoint: string,
  kind: Exclude<EndpointUse, 'client'>,
): ExportedListener {
  const nowhere = { option, endpoint, address: '', port: undefined, path: undefined, tls: false }
  const words = splitEndpoint(endpoint)
  const isOfDatagrams = kind === 'datagram' || (kind === 'socket' && /^udp6?$/.test(words.prefix))
  const place = isOfDatagrams ? datagramPlaceOf(endpoint) : serverPlaceOf(endpoint, words)
  if (place === undefined) return { ...nowhere, kind: 'other', mode: undefined }
  if (place.kind === 'unix') return { ...nowhere, kind: 'unix', path: place.path, mode: place.mode }
  if (place.kind === 'fd' || place.kind === 'systemd') {
    return { ...nowhere, kind: 'passed', mode: undefined }
  }
  const tls = (place as Partial<Extract<ServerPlace, { kind: 'tcp' }>>).tls !== undefined
  const address = addressOf(place.interface)
  return { ...nowhere, kind: place.kind, address, port: place.port, mode: undefined, tls }
}

/** As a server takes it. */
function addressOf(name: string): string {
  if (name === '') return '0.0.0.0'
  return name === 'localhost' ? '127.0.0.1' : name
}
