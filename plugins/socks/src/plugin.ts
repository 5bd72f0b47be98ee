/** A SOCKS proxy: versions 4, 4a and 5. */
import type { Socket } from 'node:net'
import {
  defineServiceMaker,
  listenEndpoints,
  listenOptions,
  listenService,
  log,
  MultiService,
  UsageError,
} from 'runnerd'
import { isLocal } from './is-local.ts'
import { logInBy } from './log-in.ts'
import { RequestCounts } from './request-counts.ts'
import { Rules } from './rules.ts'
import { serveClient } from './serve-client.ts'

/** Two hours, as long as a translation of addresses has to keep a connection (RFC 5382). */
const IDLE = 7440

export const socks = defineServiceMaker({
  tapname: 'socks',
  description: 'A SOCKS proxy, versions 4, 4a and 5.',
  options: {
    ...listenOptions({ port: 1080, timeout: IDLE }),
    'password-file': {
      type: 'string',
      normalize: true,
      describe: 'Only users of this file may use it; runner passwd makes it.',
    },
    allow: {
      type: 'string',
      array: true,
      describe: 'Go only there: 10.0.0.0/8, [2001:db8::/32]:443, public:80,443, private, any.',
    },
    deny: { type: 'string', array: true, describe: 'Never go there, whatever is allowed.' },
    'handshake-timeout': {
      type: 'number',
      default: 10,
      describe: 'Seconds that a client has to say what it wants.',
    },
    'connect-timeout': {
      type: 'number',
      default: 30,
      describe: 'Seconds that a connection may take to come about.',
    },
    udp: { type: 'boolean', default: true, describe: 'Pass on datagrams too.' },
    'udp-rate': {
      type: 'number',
      default: 10_000,
      describe: 'Datagrams a second that one client may send; 0 is any number.',
    },
  },
  postOptions(options) {
    for (const name of ['handshake-timeout', 'connect-timeout'] as const) {
      const seconds = options[name]
      if (seconds > 0 && seconds <= 86_400) continue
      throw new UsageError(
        `cannot use --${name} ${seconds}: it must be above 0 and at most 86400 seconds`,
      )
    }
    const { udpRate } = options
    if (!Number.isInteger(udpRate) || udpRate < 0) {
      throw new UsageError(`cannot use --udp-rate ${udpRate}: it must be a whole number from 0`)
    }
  },
  makeService(options) {
    const counts = new RequestCounts()
    const top = Object.assign(new MultiService(), { metrics: () => counts.metrics() })
    const { passwordFile } = options
    const logIn = passwordFile === undefined ? undefined : logInBy(passwordFile, top)
    const { allow = [], deny = [], handshakeTimeout, connectTimeout, udp, udpRate } = options
    for (const endpoint of listenEndpoints(options)) {
      const rules = new Rules(allow, deny, isLocal(endpoint))
      const settings = { rules, logIn, counts, handshakeTimeout, connectTimeout, udp, udpRate }
      const SOCKS = (client: Socket): void => serveClient(client, settings)
      listenService({ ...options, listen: [endpoint], port: undefined }, SOCKS).setServiceParent(
        top,
      )
      if (logIn === undefined && !isLocal(endpoint)) warn(endpoint)
    }
    return top
  },
})

function warn(endpoint: string): void {
  const text = `whoever can connect to ${endpoint} can use it: --password-file lets only some`
  log.warn(text, { system: 'SOCKS' })
}
