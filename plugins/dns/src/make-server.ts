import {
  type ListenValues,
  listenEndpoints,
  listenService,
  MultiService,
  Service,
  UDPServer,
} from 'runnerd'
import { Authority } from './authority.ts'
import { Forwarder } from './forwarder.ts'
import { readHostsFile } from './hosts-file.ts'
import { loadZones } from './load-zones.ts'
import { parseNameServer, readResolvConf } from './name-server.ts'
import { Networks } from './networks.ts'
import { ReplyCache } from './reply-cache.ts'
import { Resolver } from './resolver.ts'
import { Responder } from './responder.ts'
import { DNSDatagrams } from './serve-datagrams.ts'
import { StreamClient } from './serve-stream.ts'

/** What the plugin was told. */
export interface ServerOptions extends ListenValues {
  readonly zone?: readonly string[] | undefined
  readonly hostsFile?: string | undefined
  readonly recursive?: boolean | undefined
  readonly forward?: readonly string[] | undefined
  readonly resolvConf?: string | undefined
  /** Seconds. */
  readonly forwardTimeout: number
  readonly allowRecursion?: readonly string[] | undefined
  readonly allowTransfer?: readonly string[] | undefined
  readonly cache: boolean
  readonly cacheSize: number
  readonly minTtl: number
  readonly maxTtl: number
}

/**
 * Makes the server that the options ask for. Zones and the hosts file are read here.
 *
 * @throws UsageError; ZoneError with all that is wrong in the zones
 */
export function makeServer(options: ServerOptions): MultiService {
  const top = new MultiService()
  const { zone = [], hostsFile, allowRecursion = ['private'], allowTransfer = [] } = options
  const resolver = resolverOf(options)
  const responder = new Responder({
    authority: new Authority(loadZones(zone)),
    hosts: hostsFile === undefined ? undefined : readHostsFile(hostsFile),
    resolver,
    recursionFor: new Networks('allow-recursion', allowRecursion),
    transferFor: new Networks('allow-transfer', allowTransfer),
  })
  for (const endpoint of listenEndpoints(options, true)) {
    listener(endpoint, options, responder).setServiceParent(top)
  }
  if (resolver !== undefined) new Asking(resolver).setServiceParent(top)
  return top
}

/** A reload waits until those are answered for whom others are being asked. */
class Asking extends Service {
  readonly #resolver: Resolver

  constructor(resolver: Resolver) {
    super()
    this.#resolver = resolver
  }

  override async drain(): Promise<void> {
    await this.#resolver.idle()
  }
}

function listener(
  endpoint: string,
  options: ServerOptions,
  responder: Responder,
): ReturnType<typeof listenService> {
  if (/^udp6?:/.test(endpoint)) return new UDPServer(endpoint, new DNSDatagrams(responder))
  const only = { ...options, listen: [endpoint], port: undefined }
  return listenService(only, function DNS(socket, { draining }) {
    new StreamClient(socket, responder, options.timeout, draining)
  })
}

function resolverOf(options: ServerOptions): Resolver | undefined {
  const { recursive, forward = [], resolvConf, forwardTimeout, minTtl, maxTtl } = options
  const named = forward.map((each) => parseNameServer(each, `--forward ${each}`))
  const asks = recursive === true || forward.length > 0 || resolvConf !== undefined
  if (!asks) return undefined
  const others =
    resolvConf !== undefined || named.length === 0
      ? readResolvConf(resolvConf ?? '/etc/resolv.conf')
      : []
  const forwarder = new Forwarder([...named, ...others], forwardTimeout * 1000, { minTtl, maxTtl })
  return new Resolver(forwarder, new ReplyCache(options.cache ? options.cacheSize : 0))
}
