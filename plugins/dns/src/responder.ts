import { inspect } from 'node:util'
import { counted, log } from 'runnerd'
import type { Authoritative, Authority } from './authority.ts'
import type { Hosts } from './hosts-file.ts'
import type { Name } from './name.ts'
import type { Networks } from './networks.ts'
import { isQuery, type Query, readQuery } from './query.ts'
import { isMeta, Rcode, rcodeName, Type, typeName } from './record-types.ts'
import type { Resolver } from './resolver.ts'
import { BADVERS, refuse, respond, speaks } from './response.ts'
import { emptyBody, type ResponseBody, writeBody } from './response-body.ts'
import { isCurrent, onlySoa, transfer } from './transfer.ts'

/** Who asks. */
export interface Client {
  readonly address: string
  readonly port: number
  /** Whether it is connected by TCP. */
  readonly isStream: boolean
}

/** What questions are answered from. */
export interface Sources {
  readonly authority: Authority
  readonly hosts: Hosts | undefined
  /** What asks others; nobody is asked without one. */
  readonly resolver: Resolver | undefined
  /** Who may have others asked. */
  readonly recursionFor: Networks
  /** Who may have whole zones. */
  readonly transferFor: Networks
}

/** What a client gets: a message, several of a zone's transfer, or nothing. */
export type Response = Buffer | Generator<Buffer> | undefined

const SYSTEM = { system: 'DNS' }

/** Of a name that the hosts file has. */
const NOTHING_MORE: ResponseBody = { ...emptyBody(Rcode.NOERROR), isAuthoritative: true }

/** Answers messages, one by one, whichever way they come. */
export class Responder {
  readonly #sources: Sources
  /** What records there are, written once: by the keys of names, and types. */
  readonly #written = new Map<string, Map<number, ResponseBody>>()

  /** How many messages came, and what was answered, by the numbers of the codes. */
  readonly counts: { udp: number; tcp: number; readonly rcodes: number[] } = {
    ...{ udp: 0, tcp: 0 },
    rcodes: Array<number>(24).fill(0),
  }

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /**
   * @param message whole, and nobody else's: parts of it are kept
   * @returns what never fails: a mistake is SERVFAIL, and in the log
   */
  answer(message: Buffer, client: Client): Response | Promise<Response> {
    try {
      const response = this.#answer(message, client)
      return response instanceof Promise
        ? response.catch((error) => failed(error, message))
        : response
    } catch (error) {
      return failed(error, message)
    }
  }

  #answer(message: Buffer, client: Client): Response | Promise<Response> {
    this.counts[client.isStream ? 'tcp' : 'udp'] += 1
    const query = readQuery(message)
    if (query === undefined) return undefined
    if ('rcode' in query) {
      this.#tell(client, query.rcode)
      return refuse(query)
    }
    const body = this.#bodyFor(query, client)
    if (body instanceof Promise) return body.then((late) => this.#finish(query, client, late))
    return this.#finish(query, client, body)
  }

  #finish(query: Query, client: Client, body: ResponseBody | Generator<Buffer>): Response {
    if (!('rcode' in body)) {
      log.msg(`transfer of ${query.name} to ${client.address}:${client.port}`, SYSTEM)
      return body
    }
    this.#tell(client, body.rcode, query, body.answers)
    const isRecursive = this.#isRecursiveFor(client)
    return respond(query, body, { isStream: client.isStream, isRecursive })
  }

  #bodyFor(query: Query, client: Client): ResponseBody | Generator<Buffer> | Promise<ResponseBody> {
    const { name, type } = query
    if (!isQuery(query.flags)) return emptyBody(Rcode.NOTIMP)
    if (!speaks(query)) return emptyBody(BADVERS)
    if (query.class !== 1 && query.class !== 255) return emptyBody(Rcode.REFUSED)
    if (type === Type.AXFR || type === Type.IXFR) return this.#transfer(query, client)
    if (isMeta(type) && type !== Type.ANY) return emptyBody(Rcode.NOTIMP)
    const ready = this.#written.get(name.key)?.get(type)
    if (ready !== undefined) return ready
    const wantsMore = (query.flags & 0x100) !== 0 && this.#isRecursiveFor(client)
    const found = this.#sources.authority.answer(name, type)
    if (found === undefined || found.outside !== undefined) {
      return this.#beyond(query, wantsMore, found)
    }
    const body = writeBody(name, found.answer)
    this.#keep(name, type, body)
    return body
  }

  /** What the zones don't say, or not to its end: the hosts file may, and others. */
  #beyond(
    query: Query,
    wantsMore: boolean,
    found: Authoritative | undefined,
  ): ResponseBody | Promise<ResponseBody> {
    const { hosts, resolver } = this.#sources
    const { name, type } = query
    const { answer, outside = name } = found ?? {}
    const aliases = answer?.answers ?? []
    // What is delegated is said by a zone, which comes first.
    const isDelegated = answer !== undefined && aliases.length === 0
    const isHost = !isDelegated && hosts?.has(outside) === true
    const known = isHost ? hosts.answer(outside, type) : undefined
    if (known !== undefined) {
      return writeBody(name, { ...known, answers: [...aliases, ...known.answers] })
    }
    if (!wantsMore || resolver === undefined) {
      if (answer !== undefined) return writeBody(name, answer)
      return isHost ? NOTHING_MORE : emptyBody(Rcode.REFUSED)
    }
    const theirs =
      answer === undefined ? resolver.resolve(query) : resolver.follow(query, answer, outside)
    return isHost ? isThere(theirs) : theirs
  }

  /** Keeps what there is for a name of a zone. What is not there could be without end. */
  #keep(name: Name, type: number, body: ResponseBody): void {
    const zone = this.#sources.authority.zoneOf(name)
    if (zone?.recordsOf(name.key, type) === undefined) return
    const types = this.#written.get(name.key) ?? new Map<number, ResponseBody>()
    this.#written.set(name.key, types)
    types.set(type, body)
  }

  #transfer(query: Query, client: Client): ResponseBody | Generator<Buffer> {
    const { transferFor, authority } = this.#sources
    if (!client.isStream || !transferFor.have(client.address)) return emptyBody(Rcode.REFUSED)
    const zone = authority.zoneNamed(query.name)
    if (zone === undefined) return emptyBody(Rcode.NOTAUTH)
    return isCurrent(query, zone) ? writeBody(query.name, onlySoa(zone)) : transfer(query, zone)
  }

  #tell(client: Client, rcode: number, query?: Query, answers?: number): void {
    const { rcodes } = this.counts
    if (rcode < rcodes.length) rcodes[rcode] = (rcodes[rcode] as number) + 1
    log.debug(new Line(client, rcode, query, answers), SYSTEM)
  }

  #isRecursiveFor({ address }: Client): boolean {
    const { resolver, recursionFor } = this.#sources
    return resolver !== undefined && recursionFor.have(address)
  }
}

/** A name that the hosts file has is there, though others know of none. */
function isThere(theirs: ResponseBody | Promise<ResponseBody>): typeof theirs {
  if (theirs instanceof Promise) return theirs.then(isThere)
  return theirs.rcode === Rcode.NXDOMAIN ? { ...theirs, rcode: Rcode.NOERROR } : theirs
}

/** A mistake of ours is the client's too, and nobody else's. */
function failed(error: unknown, message: Buffer): Buffer {
  log.err(error, 'Could not answer')
  const [id, flags] = [message.readUInt16BE(0), message.readUInt16BE(2)]
  return refuse({ id, flags, rcode: Rcode.SERVFAIL })
}

/** A line of the log, which is put together only if somebody wants it. */
class Line {
  readonly #client: Client
  readonly #rcode: number
  readonly #query: Query | undefined
  readonly #answers: number

  constructor(client: Client, rcode: number, query: Query | undefined, answers = 0) {
    this.#client = client
    this.#rcode = rcode
    this.#query = query
    this.#answers = answers
  }

  [inspect.custom](): string {
    const { address, port, isStream } = this.#client
    const by = `${address}:${port} by ${isStream ? 'TCP' : 'UDP'}`
    if (this.#query === undefined) return `garbage of ${by}: ${rcodeName(this.#rcode)}`
    const { name, type } = this.#query
    const outcome = `${rcodeName(this.#rcode)}, ${counted(this.#answers, 'record')}`
    return `${name} ${typeName(type)} asked by ${by}: ${outcome}`
  }
}
