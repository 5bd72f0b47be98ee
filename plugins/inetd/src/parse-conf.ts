import { basename } from 'node:path'
import type { Fault } from './conf-error.ts'
import { type ConfLine, confLines } from './conf-lines.ts'
import type { Entry, EntryProtocol, Server } from './entry.ts'
import { isInternalName } from './internal-name.ts'
import type { ServicesFile } from './services-file.ts'

/** What a file says. */
export interface Conf {
  readonly entries: readonly Entry[]
  readonly faults: readonly Fault[]
  /** What is not as the line would have it, and no reason to refuse it. */
  readonly remarks: readonly Fault[]
}

/**
 * Reads what an inetd.conf says, as openbsd-inetd does; the services of other files, RPC
 * and TCPMUX, are faults.
 *
 * @see inetd.conf(5)
 */
export function parseConf(text: string, services: ServicesFile): Conf {
  const faults: Fault[] = []
  const remarks: Fault[] = []
  const entries: Entry[] = []
  let hosts: readonly string[] = ['*']
  for (const { line, words } of confLines(text, faults)) {
    try {
      const [only = '', ...others] = words
      if (others.length === 0 && only.endsWith(':')) hosts = hostsOf(only.slice(0, -1))
      else entries.push(entryOf({ line, words }, hosts, services, remarks))
    } catch (error) {
      if (!(error instanceof LineFault)) throw error
      faults.push({ line, reason: error.message })
    }
  }
  return { entries, faults, remarks }
}

class LineFault extends Error {}

const PROTOCOL = /^(tcp|udp)(4|6|46)?$|^unix$/

function entryOf(
  { line, words }: ConfLine,
  defaultHosts: readonly string[],
  services: ServicesFile,
  remarks: Fault[],
): Entry {
  const [service = '', type = '', protocolWord = '', waitWord = '', userWord = '', ...server] =
    words
  if (server.length === 0) {
    throw new LineFault(
      `it has ${words.length} of the 6 fields: service, type, protocol, wait or nowait, user, program`,
    )
  }
  if (type !== 'stream' && type !== 'dgram') {
    throw new LineFault(`the type must be stream or dgram, not ${shown(type)}`)
  }
  const [protocol = '', ...sizes] = protocolWord.split(',')
  if (protocol.startsWith('rpc/')) throw new LineFault('there is no RPC here, nor a portmapper')
  if (!PROTOCOL.test(protocol)) {
    throw new LineFault(`there is no protocol ${shown(protocol)}; there are tcp, udp and unix`)
  }
  const isUDP = protocol.startsWith('udp')
  if ((type === 'dgram') !== isUDP) throw new LineFault(`there is no ${type} over ${protocol}`)
  for (const size of sizes) {
    if (!/^(snd|rcv)buf=\d+[km]?$/.test(size))
      throw new LineFault(`${shown(size)} is no buffer size`)
    remarks.push({ line, reason: `${size} is left to the system: Node can't set it` })
  }
  const [, no, digits] = /^(no)?wait(?:\.(\d{1,9}))?$/.exec(waitWord) ?? []
  if (!/^(no)?wait(\.\d{1,9})?$/.test(waitWord)) {
    throw new LineFault(`it must say wait or nowait, and may add .MAX, not ${shown(waitWord)}`)
  }
  const [, user = '', group] = /^([^-.:][^.:]*)(?:[.:]([^-].*))?$/.exec(userWord) ?? []
  if (user === '') throw new LineFault(`${shown(userWord)} is no user, nor user:group`)
  const where = placeOf(service, protocol, defaultHosts, services)
  const entry: Entry = {
    line,
    name: `${where.name}/${protocol}`,
    protocol: protocol as EntryProtocol,
    hosts: where.hosts,
    place: where.place,
    wait: no === undefined,
    most: digits === undefined ? undefined : Number(digits),
    user,
    group,
    server: serverOf(server, where.name),
  }
  if (isUDP && !entry.wait && entry.server.kind === 'program') {
    throw new LineFault('a program that gets datagrams gets the socket, and must say wait')
  }
  return entry
}

interface Place extends Pick<Entry, 'hosts' | 'place'> {
  readonly name: string
}

function placeOf(
  word: string,
  protocol: string,
  defaultHosts: readonly string[],
  services: ServicesFile,
): Place {
  if (protocol === 'unix') {
    if (!word.startsWith('/')) throw new LineFault(`${shown(word)} is no absolute path`)
    return { hosts: [], place: word, name: word }
  }
  const colon = word.lastIndexOf(':')
  const hosts = colon === -1 ? defaultHosts : hostsOf(word.slice(0, colon))
  const service = word.slice(colon + 1)
  if (service.startsWith('tcpmux/')) throw new LineFault('there is no TCPMUX here')
  const kind = protocol.slice(0, 3)
  const known = services.find(service, kind)
  if (known !== undefined) return { hosts, place: known.port, name: known.name }
  const port = Number(service)
  if (!/^\d+$/.test(service)) {
    throw new LineFault(`/etc/services has no ${shown(service)} over ${kind}`)
  }
  if (port < 1 || port > 65_535) throw new LineFault(`there is no port ${service}`)
  return { hosts, place: port, name: service }
}

/** `10.0.0.1,[::1],localhost` */
function hostsOf(text: string): string[] {
  return text.split(',').map((each) => {
    const host = /^\[(.*)\]$/.exec(each)?.[1] ?? each
    if (!/^(\*|[0-9A-Za-z:%._-]+)$/.test(host)) throw new LineFault(`${shown(each)} is no host`)
    return host
  })
}

function serverOf([path = '', ...argv]: readonly string[], service: string): Server {
  if (path === 'internal') {
    const [name = service] = argv.filter((word) => word !== 'internal')
    if (isInternalName(name)) return { kind: 'internal', name }
    throw new LineFault(`there is no internal service ${shown(name)}`)
  }
  if (!path.startsWith('/')) throw new LineFault(`the program ${shown(path)} is no absolute path`)
  const [first = basename(path), ...others] = argv
  return { kind: 'program', path, argv: [first, ...others] }
}

/** A word of the file, so that it can stand in a line of a terminal. */
function shown(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text
  return `'${short.replace(/[^\x20-\x7e…]/g, '?')}'`
}
