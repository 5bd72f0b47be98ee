/** A DNS server: zones from master files, a hosts file, and what other servers say. */
import { defineServiceMaker, listenEndpoints, listenOptions, UsageError } from 'runnerd'

/** What RFC 7766 calls a few seconds. */
const IDLE = 10
const PORT = 53
const LONGEST_TTL = 2_147_483_647

const { listen, port, ...limits } = listenOptions({ port: PORT, timeout: IDLE })

export const dns = defineServiceMaker({
  tapname: 'dns',
  description: 'A DNS server, for zone files or by asking others.',
  options: {
    listen: {
      ...listen,
      endpoint: 'socket',
      describe: `Where to listen, such as udp:${PORT}, tcp:${PORT} or tls:853; may be given several times.`,
    },
    port: { ...port, describe: 'Listen on this port of localhost, UDP and TCP.' },
    ...limits,
    zone: {
      alias: 'bindzone',
      type: 'string',
      array: true,
      normalize: true,
      describe: 'Serve the zone of this master file; NAME=FILE says what it is called.',
    },
    'hosts-file': {
      type: 'string',
      normalize: true,
      describe: 'Answer from a hosts file, such as /etc/hosts.',
    },
    recursive: {
      alias: 'r',
      type: 'boolean',
      describe: 'Ask other servers what is not known here: those of /etc/resolv.conf.',
    },
    forward: {
      type: 'string',
      array: true,
      describe: 'Ask this server, ADDRESS or ADDRESS:PORT; several are asked in turn.',
    },
    'resolv-conf': {
      type: 'string',
      normalize: true,
      describe: 'Ask the servers that this file names.',
    },
    'forward-timeout': {
      type: 'number',
      default: 2,
      describe: 'Seconds until the next of them is asked.',
    },
    'allow-recursion': {
      type: 'string',
      array: true,
      defaultDescription: 'private',
      describe: 'Ask others for clients of these networks: 192.0.2.0/24, private, loopback, any.',
    },
    'allow-transfer': {
      type: 'string',
      array: true,
      describe: 'Give whole zones to clients of these networks; to nobody without it.',
    },
    cache: {
      alias: 'c',
      type: 'boolean',
      default: true,
      describe: 'Remember what other servers say.',
    },
    'cache-size': { type: 'number', default: 10_000, describe: 'How many answers to remember.' },
    'min-ttl': {
      type: 'number',
      default: 0,
      describe: 'Remember each for so many seconds at least.',
    },
    'max-ttl': { type: 'number', default: 86_400, describe: 'Remember none for more seconds.' },
  },
  postOptions(options) {
    listenEndpoints(options)
    const { forwardTimeout, zone = [], hostsFile, recursive, forward, resolvConf } = options
    if (!(forwardTimeout > 0 && forwardTimeout <= 60)) {
      throw new UsageError(
        `cannot use --forward-timeout ${forwardTimeout}: it must be more than 0 and at most 60 seconds`,
      )
    }
    for (const [name, most] of Object.entries(whole)) {
      const value = options[name as keyof typeof whole]
      if (Number.isInteger(value) && value >= 0 && value <= most) continue
      throw new UsageError(
        `cannot use --${name} ${value}: it must be a whole number from 0 to ${most}`,
      )
    }
    if (options.minTtl > options.maxTtl) {
      throw new UsageError('cannot use --min-ttl: it is more than --max-ttl')
    }
    const asks = recursive || forward !== undefined || resolvConf !== undefined
    if (zone.length === 0 && hostsFile === undefined && !asks) {
      throw new UsageError('there is nothing to answer from', {
        hint: 'runner dns --zone FILE, --hosts-file FILE or --recursive',
      })
    }
  },
  async makeService(options) {
    const { makeServer } = await import('./make-server.ts')
    return makeServer(options)
  },
})

/** The options that are whole numbers, and the most that they may be. */
const whole = {
  'cache-size': 10_000_000,
  'min-ttl': LONGEST_TTL,
  'max-ttl': LONGEST_TTL,
} as const
