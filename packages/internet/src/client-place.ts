import { isIP } from 'node:net'
import { EndpointArguments } from './endpoint-arguments.ts'
import { COLON_HINT, type EndpointWords } from './endpoint-string.ts'
import { shown } from './endpoint-string-error.ts'

/** Where an endpoint string says to connect. @internal */
export type ClientPlace =
  | TCPPlace
  | { readonly kind: 'unix'; readonly path: string; readonly timeout: number | undefined }
  | {
      readonly kind: 'tls'
      /** Whom the certificate must be for. */
      readonly hostname: string
      /** What the connections are made by: TCP, or another endpoint string. */
      readonly below: TCPPlace | string
      readonly timeout: number | undefined
      readonly certificate: string | undefined
      readonly privateKey: string | undefined
      readonly trustRoots: string | undefined
    }

interface TCPPlace {
  readonly kind: 'tcp'
  readonly host: string
  readonly port: number
  readonly timeout: number | undefined
  readonly bindAddress: string | undefined
}

/** The types that need no dropin, and what each makes of its arguments. */
const types: {
  readonly [prefix: string]: (description: string, words: EndpointWords) => ClientPlace
} = { tcp, tls, ssl, unix }

/** Their prefixes. @internal */
export const clientPrefixes: readonly string[] = Object.keys(types)

/**
 * What one of these types says; `undefined` if it is of none of them.
 *
 * @throws EndpointStringError
 *
 * @internal
 */
export function clientPlaceOf(description: string, words: EndpointWords): ClientPlace | undefined {
  return Object.hasOwn(types, words.prefix) ? types[words.prefix]?.(description, words) : undefined
}

function tcp(description: string, words: EndpointWords): TCPPlace {
  return tcpPlace(argumentsOf(description, words, []))
}

function tls(description: string, words: EndpointWords): ClientPlace {
  const names = ['certificate', 'privateKey', 'trustRoots', 'endpoint']
  const args = argumentsOf(description, words, names)
  const place = tcpPlace(args)
  return {
    kind: 'tls',
    hostname: place.host,
    below: args.filled('endpoint') ?? place,
    timeout: place.timeout,
    ...filesOf(args, 'certificate', 'trustRoots'),
  }
}

/** Twisted's older type: other words for the same. */
function ssl(description: string, words: EndpointWords): ClientPlace {
  const names = ['privateKey', 'certKey', 'caCertsDir', 'hostname']
  const args = argumentsOf(description, words, names)
  const below = tcpPlace(args)
  return {
    kind: 'tls',
    hostname: args.filled('hostname') ?? below.host,
    below,
    timeout: below.timeout,
    ...filesOf(args, 'certKey', 'caCertsDir'),
  }
}

function unix(description: string, words: EndpointWords): ClientPlace {
  const args = new EndpointArguments(description, ['path', 'timeout', 'lockfile'], words)
  const path = args.required('path')
  // Whoever has connected knows that somebody is there.
  args.choice('lockfile', ['0', '1'])
  // On Linux one that begins with a NUL is no file, but a name.
  args.path('path', path.replace(/^\0/, ''))
  return { kind: 'unix', path, timeout: secondsOf(args) }
}

/** As in Twisted, what has no name is the port if the host has one. */
function argumentsOf(
  description: string,
  words: EndpointWords,
  more: readonly string[],
): EndpointArguments {
  const first = 'host' in words.keywords ? ['port', 'host'] : ['host', 'port']
  return new EndpointArguments(description, [...first, 'timeout', 'bindAddress', ...more], words)
}

function tcpPlace(args: EndpointArguments): TCPPlace {
  // Of an address of IPv6 with its colons as they are, the first word is empty.
  if (args.text('host') === '') throw args.error('the host is missing', COLON_HINT)
  const host = args.path('host', args.required('host')) as string
  const port = args.port(1)
  const bindAddress = args.filled('bindAddress')
  if (bindAddress !== undefined && isIP(bindAddress) === 0) {
    throw args.error(`the bindAddress must be an IP address, not ${shown(bindAddress)}`)
  }
  return { kind: 'tcp', host, port, timeout: secondsOf(args), bindAddress }
}

function filesOf(
  args: EndpointArguments,
  certificateName: string,
  rootsName: string,
): Pick<ClientPlace & { kind: 'tls' }, 'certificate' | 'privateKey' | 'trustRoots'> {
  const certificate = args.path(certificateName)
  const privateKey = args.path('privateKey')
  if (privateKey !== undefined && certificate === undefined) {
    throw args.error(`a privateKey needs a ${certificateName}`)
  }
  return { certificate, privateKey, trustRoots: args.path(rootsName) }
}

/** The longest that a timer takes, in seconds. */
const LONGEST = 2_147_483

function secondsOf(args: EndpointArguments): number | undefined {
  const seconds = args.number('timeout')
  if (seconds === undefined || seconds <= LONGEST) return seconds
  throw args.error(`the timeout must be from 0 to ${LONGEST} seconds, not ${seconds}`)
}
