import { UsageError } from '@runnerd/options'

/** The values of the options that {@link listenOptions} makes; others may be among them. @inline */
export interface ListenValues {
  /** Endpoint strings. */
  readonly listen?: readonly string[] | undefined

  /** A port of localhost. */
  readonly port?: number | undefined

  /** The port of localhost without the two. */
  readonly 'default-port': number

  /** How many connections each listener may have. */
  readonly 'max-connections': number

  /** Seconds. */
  readonly timeout: number
}

/**
 * The endpoint strings that the options of {@link listenOptions} ask for, for a plugin
 * that makes its servers itself.
 *
 * @param options - their values, as `makeService` has them
 * @param hasDatagrams - whether the port is one of UDP too, for a plugin whose `listen` has
 * the word `endpoint: 'socket'`
 * @throws {@link UsageError} if the port is none
 *
 * @example
 * import { HTTPServer, listenEndpoints } from 'runnerd'
 *
 * const options = { port: 8080, 'default-port': 7000, 'max-connections': 9, timeout: 0 }
 * const [endpoint = ''] = listenEndpoints(options) // tcp:8080:interface=localhost
 * const server = new HTTPServer(endpoint, (_request, response) => response.end('hello\n'))
 */
export function listenEndpoints(options: ListenValues, hasDatagrams: boolean = false): string[] {
  const { listen = [], port } = options
  const local = port ?? (listen.length === 0 ? options['default-port'] : undefined)
  if (local === undefined) return [...listen]
  if (!Number.isInteger(local) || local < 0 || local > 65535) {
    throw new UsageError(`cannot use --port ${local}: it must be a whole number from 0 to 65535`)
  }
  const kinds = hasDatagrams ? ['udp', 'tcp'] : ['tcp']
  return [...listen, ...kinds.map((kind) => `${kind}:${local}:interface=localhost`)]
}
