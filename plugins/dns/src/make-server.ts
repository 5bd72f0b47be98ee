import type { Socket } from 'node:net'
import {
  type ConnectionContext,
  type ListenValues,
  listenSocketService,
  MultiService,
} from 'runnerd'
import { Answering } from './answering.ts'
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
 * @throws UsageError; UnreadableError; ZoneError with all that is wrong in the zones
 */
export function makeServer(options: ServerOptions): MultiService {
  const top = new MultiService()
  const { zone = [], hostsFile, allowRecursion = ['private'], allowTransfer = [] } = options
  const resolver = resolverOf(options)
  const zones = loadZones(zone)
  const responder = new Responder({
    authority: new Authority(zones),
    hosts: hostsFile === undefined ? undefined : readHostsFile(hostsFile),
    resolver,
    recursionFor: new Networks('allow-recursion', allowRecursion),
    transferFor: new Networks('allow-transfer', allowTransfer),
  })
  const served = {
    stream: function DNS(socket: Socket, { draining }: ConnectionContext): void {
      new StreamClient(socket, responder, options.timeout, draining)
    },
    datagrams: () => new DNSDatagrams(responder),
  }
  // RFC 9103: who transfers a zone over TLS has to know that it is DNS that is spoken.
  listenSocketService(options, served, { acceptableProtocols: ['dot'] }).setServiceParent(top)
  new Answering(responder, zones, resolver).setServiceParent(top)
  return top
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
