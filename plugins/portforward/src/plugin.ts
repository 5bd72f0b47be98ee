/** Forwards each connection to another address, byte for byte. */
import {
  defineServiceMaker,
  listenEndpoints,
  listenOptions,
  listenService,
  UsageError,
} from 'runnerd'
import { Destination } from './destination.ts'
import { forwardTo } from './forward-to.ts'

/** As long as a timer can be set for, in seconds. */
const LONGEST = 2_147_483

export const portforward = defineServiceMaker({
  tapname: 'portforward',
  description: 'Forwards connections to another address.',
  options: {
    ...listenOptions({ port: 6666 }),
    destination: {
      type: 'string',
      endpoint: 'client',
      demandOption: true,
      describe: 'Where to forward to, such as tcp:localhost:8080, tls:HOST:PORT or unix:PATH.',
    },
    'connect-timeout': {
      type: 'number',
      default: 10,
      describe: 'Hang up on a client whose destination could not be reached for so many seconds.',
    },
    retry: {
      type: 'boolean',
      default: true,
      describe: 'Within that time, try again when the destination refuses.',
    },
    'send-proxy': {
      choices: ['v1', 'v2'],
      describe: 'Tell the destination who the client is, by a header of the PROXY protocol.',
    },
    'accept-proxy': {
      type: 'boolean',
      describe: 'Clients begin with a header of the PROXY protocol, of either version.',
    },
  },
  postOptions(options) {
    const { connectTimeout, acceptProxy } = options
    if (!(connectTimeout > 0 && connectTimeout <= LONGEST)) {
      throw new UsageError(
        `cannot use --connect-timeout ${connectTimeout}: it must be more than 0 and at most ${LONGEST} seconds`,
      )
    }
    const secured = listenEndpoints(options).find((endpoint) => /^(ssl|tls):/.test(endpoint))
    if (acceptProxy && secured !== undefined) {
      throw new UsageError(`cannot use --accept-proxy with --listen ${secured}`, {
        hint: 'the header comes before TLS; let the destination end that: --listen tcp:PORT',
      })
    }
  },
  makeService(options) {
    const { connectTimeout, retry, sendProxy, acceptProxy } = options
    const destination = new Destination(options.destination)
    const settings = { connectTimeout, retry, sendProxy, acceptProxy }
    return listenService(options, forwardTo(destination, settings))
  },
})
