/** A proxy for a poetry server: it fetches the poem and serves it from memory. */
import {
  clientFromString,
  defineServiceMaker,
  listenOptions,
  listenService,
  MultiService,
  quoteStringArgument,
  UsageError,
} from 'runnerd'
import { ProxyFactory } from './proxy-factory.ts'
import { ProxyService } from './proxy-service.ts'

const PORT = 10001

/** In seconds: longer than a poem may take to come, with all tries. */
const TIMEOUT = 60

/** The longest that a timer takes, in seconds. */
const LONGEST = 2_147_483

const { port: _port, ...listening } = listenOptions({ port: PORT, timeout: TIMEOUT })

export const poetryproxy = defineServiceMaker({
  tapname: 'poetryproxy',
  description: 'Serves the poem of another poetry server.',
  options: {
    port: {
      alias: 'p',
      type: 'number',
      defaultDescription: String(PORT),
      describe: 'The port number to listen on.',
    },
    iface: { type: 'string', default: 'localhost', describe: 'The interface to listen on.' },
    upstream: {
      type: 'string',
      endpoint: 'client',
      conflicts: ['upstream-host', 'upstream-port'],
      describe: 'The poetry server, such as tls:poetry.example:10443.',
    },
    'upstream-host': {
      type: 'string',
      defaultDescription: 'localhost',
      describe: 'The host of the poetry server.',
    },
    'upstream-port': {
      type: 'number',
      defaultDescription: '10000',
      describe: 'The port of the poetry server.',
    },
    'upstream-timeout': {
      type: 'number',
      default: 10,
      describe: 'How many seconds a try to fetch the poem may take.',
    },
    retries: {
      type: 'number',
      default: 2,
      describe: 'How often to try again before a client is hung up on.',
    },
    'cache-seconds': {
      type: 'number',
      default: 300,
      describe: 'How long a poem is served before it is fetched anew; 0 is not at all.',
    },
    'max-bytes': {
      type: 'number',
      default: 10_000_000,
      describe: 'The longest poem to take from the upstream.',
    },
    ...listening,
  },
  postOptions(options) {
    check('port', options.port, 0, 65535)
    check('upstream-port', options.upstreamPort, 1, 65535)
    check('upstream-timeout', options.upstreamTimeout, 0.001, LONGEST, 'a number of seconds')
    check('retries', options.retries, 0, 1000)
    check('cache-seconds', options.cacheSeconds, 0, LONGEST, 'a number of seconds')
    check('max-bytes', options.maxBytes, 1, Number.MAX_SAFE_INTEGER)
  },
  makeService(options) {
    const top = new MultiService()
    const { upstreamHost = 'localhost', upstreamPort = 10000 } = options
    const upstream = options.upstream ?? `tcp:${quoteStringArgument(upstreamHost)}:${upstreamPort}`
    const proxy = new ProxyService(clientFromString(upstream), options)
    proxy.setServiceParent(top)
    const { listen = [], port = listen.length > 0 ? undefined : PORT } = options
    const here = `interface=${quoteStringArgument(options.iface)}`
    const places = port === undefined ? listen : [...listen, `tcp:${port}:${here}`]
    const values = { ...options, port: undefined, listen: places }
    void listenService(values, new ProxyFactory(proxy)).setServiceParent(top)
    return top
  },
})

function check(
  name: string,
  value: number | undefined,
  least: number,
  most: number,
  what: string = 'a whole number',
): void {
  const isRight = what === 'a whole number' ? Number.isInteger(value) : Number.isFinite(value)
  if (value === undefined || (isRight && value >= least && value <= most)) return
  throw new UsageError(`cannot use --${name} ${value}: it must be ${what} from ${least} to ${most}`)
}
