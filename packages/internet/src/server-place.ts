import { EndpointArguments } from './endpoint-arguments.ts'
import { type EndpointWords, twice } from './endpoint-string.ts'
import { EndpointStringError, shown } from './endpoint-string-error.ts'
import type { TLSFiles } from './tls-files.ts'

/** Where an endpoint string says to listen. @internal */
export type ServerPlace =
  | {
      readonly kind: 'tcp'
      readonly interface: string
      readonly port: number
      readonly backlog: number | undefined
      /** What it is with TLS, if it is. */
      readonly tls?: TLSFiles
    }
  | {
      readonly kind: 'unix'
      readonly path: string
      readonly mode: number | undefined
      readonly backlog: number | undefined
    }
  | InheritedPlace

/** A socket that whoever started runner has bound. @internal */
export type InheritedPlace =
  | { readonly kind: 'fd'; readonly fd: number }
  | {
      readonly kind: 'systemd'
      readonly domain: SocketDomain
      /** Which of the sockets that were passed, by its number or its name. */
      readonly of: { readonly index: number } | { readonly name: string }
    }

/** What sort of socket it is, in the words of socket(2) without their AF_. @internal */
export type SocketDomain = 'INET' | 'INET6' | 'UNIX'

/** The types that need no dropin, and what each makes of its arguments. */
const types: {
  readonly [prefix: string]: (description: string, words: EndpointWords) => ServerPlace
} = { tcp, tcp6, ssl, tls: ssl, unix, systemd, fd }

/** Their prefixes. @internal */
export const serverPrefixes: readonly string[] = Object.keys(types)

/**
 * What one of these types says; `undefined` if it is of none of them.
 *
 * @throws EndpointStringError
 *
 * @internal
 */
export function serverPlaceOf(description: string, words: EndpointWords): ServerPlace | undefined {
  return Object.hasOwn(types, words.prefix) ? types[words.prefix]?.(description, words) : undefined
}

/** @internal */
export function unknownType(
  description: string,
  prefix: string,
  known: readonly string[],
): EndpointStringError {
  const reason = `there is no endpoint type ${shown(prefix)}`
  if (/^\d+$/.test(prefix))
    return new EndpointStringError(description, reason, `${known[0]}:${prefix} is a port`)
  if (prefix.includes('/'))
    return new EndpointStringError(description, reason, `unix:${prefix} is a path`)
  return new EndpointStringError(description, reason, `there are ${known.join(', ')}`)
}

function tcp(description: string, words: EndpointWords): ServerPlace {
  const args = new EndpointArguments(description, ['port', 'interface', 'backlog'], words)
  return {
    kind: 'tcp',
    port: args.port(),
    interface: args.text('interface') ?? '',
    backlog: args.number('backlog'),
  }
}

/** By place, Twisted's has the backlog before the interface, unlike that of `tcp:`. */
function tcp6(description: string, words: EndpointWords): ServerPlace {
  const args = new EndpointArguments(description, ['port', 'backlog', 'interface'], words)
  return {
    kind: 'tcp',
    port: args.port(),
    interface: args.interface6(),
    backlog: args.number('backlog'),
  }
}

const SSL = [
  'port',
  'privateKey',
  'certKey',
  'sslmethod',
  'interface',
  'backlog',
  'extraCertChain',
  'dhParameters',
] as const

function ssl(description: string, words: EndpointWords): ServerPlace {
  const args = new EndpointArguments(description, SSL, words)
  const sslmethod = args.choice('sslmethod', [
    'TLS_METHOD',
    'SSLv23_METHOD',
    'TLSv1_2_METHOD',
    'TLSv1_3_METHOD',
  ])
  return {
    kind: 'tcp',
    port: args.port(),
    interface: args.text('interface') ?? '',
    backlog: args.number('backlog'),
    tls: {
      privateKey: args.path('privateKey') ?? 'server.pem',
      certKey: args.path('certKey'),
      extraCertChain: args.path('extraCertChain'),
      dhParameters: args.path('dhParameters'),
      version:
        sslmethod === 'TLSv1_2_METHOD'
          ? 'TLSv1.2'
          : sslmethod === 'TLSv1_3_METHOD'
            ? 'TLSv1.3'
            : undefined,
    },
  }
}

function unix(description: string, words: EndpointWords): ServerPlace {
  const names = ['path', 'mode', 'backlog', 'lockfile']
  const args = new EndpointArguments(description, names, withPath(description, words))
  const path = args.required('path')
  // A stale socket is told from one in use by asking it, so that no lock is needed.
  args.choice('lockfile', ['0', '1'])
  // On Linux one that begins with a NUL is no file, but a name.
  args.path('path', path.replace(/^\0/, ''))
  return { kind: 'unix', path, mode: args.mode(), backlog: args.number('backlog') }
}

/** Twisted's servers say `address=`, its clients `path=`: here both are understood. */
function withPath(description: string, words: EndpointWords): EndpointWords {
  const { address, ...others } = words.keywords
  if (address === undefined) return words
  if ('path' in others) throw twice(description, 'path')
  return { ...words, keywords: { ...others, path: address } }
}

function systemd(description: string, words: EndpointWords): ServerPlace {
  const args = new EndpointArguments(description, ['domain', 'index', 'name'], words)
  args.required('domain')
  const domain = args.choice('domain', ['INET', 'INET6', 'UNIX']) as SocketDomain
  const index = args.number('index')
  const name = args.filled('name')
  if ((index === undefined) === (name === undefined)) {
    throw args.error('it needs either an index or a name')
  }
  return { kind: 'systemd', domain, of: index === undefined ? { name: name as string } : { index } }
}

function fd(description: string, words: EndpointWords): ServerPlace {
  const args = new EndpointArguments(description, ['descriptor'], words)
  return { kind: 'fd', fd: args.number('descriptor', args.required('descriptor')) as number }
}
