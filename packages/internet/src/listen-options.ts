import type { OptionSpec } from '@runnerd/options'

/** What a plugin wants where the operator says nothing. @inline */
export interface ListenDefaults {
  /** The port of localhost. */
  readonly port: number

  /** How many connections each listener may have at a time. Default 10,000; 0 for any number. */
  readonly maxConnections?: number

  /** After how many seconds of silence a connection is closed. Default 0: never. */
  readonly timeout?: number
}

/** The options that {@link listenOptions} makes. */
export type ListenOptionsSpec = {
  /** `--listen ENDPOINT`, any number of times. */
  readonly listen: OptionSpec & Readonly<Record<'type', 'string'>> & Readonly<Record<'array', true>>

  /** `--port N` of localhost. */
  readonly port: OptionSpec & Readonly<Record<'type', 'number'>>

  /** The port where neither is given; not in the help. */
  readonly 'default-port': OptionSpec &
    Readonly<Record<'type', 'number'>> &
    Readonly<Record<'default', number>>

  /** `--max-connections N`. */
  readonly 'max-connections': OptionSpec &
    Readonly<Record<'type', 'number'>> &
    Readonly<Record<'default', number>>

  /** `--timeout SECONDS`. */
  readonly timeout: OptionSpec &
    Readonly<Record<'type', 'number'>> &
    Readonly<Record<'default', number>>
}

/** So many that who has more says so, and few enough for the descriptors of a process. */
const CONNECTIONS = 10_000

/**
 * The options of a plugin that listens, to be spread into its others: `--listen
 * ENDPOINT`, which may be given several times, `--port` of localhost, `--max-connections`
 * and `--timeout`. {@link listenService} listens as they say.
 *
 * What is listened on is what was asked for: each `--listen`, and `--port` if that is
 * given; the default port if neither is. Only `--listen` opens a port to other machines.
 *
 * The defaults are looked at when {@link listenService} makes the service.
 *
 * @param defaults - what the plugin wants where the operator says nothing
 *
 * @example
 * import { defineServiceMaker, listenOptions, listenService } from 'runnerd'
 *
 * export const hello = defineServiceMaker({
 *   tapname: 'hello',
 *   description: 'Says hello.',
 *   options: { ...listenOptions({ port: 7000, timeout: 60 }) },
 *   makeService: (options) => listenService(options, (socket) => socket.end('hello\n')),
 * })
 */
export function listenOptions(defaults: ListenDefaults): ListenOptionsSpec {
  const { port, maxConnections = CONNECTIONS, timeout = 0 } = defaults
  return {
    listen: {
      type: 'string',
      array: true,
      endpoint: 'server',
      describe: `Where to listen, such as tcp:${port}; may be given several times.`,
    },
    port: {
      alias: 'p',
      type: 'number',
      defaultDescription: `${port} without --listen`,
      describe: 'Listen on this port of localhost.',
    },
    'default-port': {
      type: 'number',
      default: port,
      hidden: true,
      describe: 'The port of localhost without --listen and --port.',
    },
    'max-connections': {
      type: 'number',
      default: maxConnections,
      describe: 'How many connections each may have at a time; 0 is any number.',
    },
    timeout: {
      type: 'number',
      default: timeout,
      describe: 'Close a connection after so many seconds without a byte; 0 is never.',
    },
  }
}
