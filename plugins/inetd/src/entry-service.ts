import type { Socket } from 'node:net'
import {
  type DatagramListener,
  type IService,
  LendingServer,
  MultiService,
  quoteStringArgument,
  type ServiceDescription,
  type ServiceMetric,
  TCPServer,
  UDPServer,
  UNIXServer,
} from 'runnerd'
import { isDatagram } from './entry.ts'
import { internalDatagrams } from './internal-datagrams.ts'
import type { InternalName } from './internal-name.ts'
import { internalStreams } from './internal-streams.ts'
import { mayAnswer } from './may-answer.ts'
import { ProgramRunner } from './program-runner.ts'
import type { ResolvedEntry } from './resolved-entry.ts'
import type { Shared } from './shared.ts'

/** What serves one connection of a stream. */
type Serve = (socket: Socket) => void

/** One line of the file while it is served: a socket for each of its addresses. */
export class EntryService extends MultiService {
  readonly #entry: ResolvedEntry
  readonly #shared: Shared
  readonly #programs: ProgramRunner | undefined
  readonly #lenders: LendingServer[] = []

  constructor(entry: ResolvedEntry, shared: Shared) {
    super()
    this.setName(`${entry.name} (line ${entry.line})`)
    this.#entry = entry
    this.#shared = shared
    const { server } = entry
    if (server.kind === 'program') this.#programs = new ProgramRunner(entry, server, shared)
    for (const each of this.#servers()) void each.setServiceParent(this)
  }

  /** How many programs there are and were, for `runner status`. */
  describe(): ServiceDescription {
    return this.#programs === undefined ? {} : { details: this.#programs.counts }
  }

  /** The same for who watches many. */
  metrics(): ServiceMetric[] {
    if (this.#programs === undefined) return []
    const { running, started, off } = this.#programs.counts
    return [
      {
        name: 'inetd_programs',
        help: 'Programs that run for a service.',
        type: 'gauge',
        value: running,
      },
      {
        name: 'inetd_programs_started_total',
        help: 'Programs that were started for a service.',
        type: 'counter',
        value: started,
      },
      {
        name: 'inetd_off',
        help: 'Whether a service is off, since it was asked for too often.',
        type: 'gauge',
        value: off === undefined ? 0 : 1,
      },
    ]
  }

  /** What can't be done as the user that this process is now. */
  refusal(): string | undefined {
    return this.#programs?.refusal()
  }

  /** Lends its sockets to no more programs, and resolves when those that have them have ended. */
  async handBack(): Promise<void> {
    this.#programs?.stop()
    await Promise.all(this.#lenders.map((each) => each.drain()))
  }

  override async stopService(): Promise<void> {
    this.#programs?.stop()
    await super.stopService()
  }

  override async drain(): Promise<void> {
    this.#programs?.stop()
    await super.drain()
  }

  #servers(): IService[] {
    const { server, wait, name } = this.#entry
    const programs = this.#programs
    if (programs !== undefined && wait) {
      return this.#lending(named(name, (descriptor: number) => programs.lend(descriptor)))
    }
    if (server.kind === 'internal' && isDatagram(this.#entry)) return this.#datagrams(server.name)
    const serve: Serve =
      server.kind === 'internal'
        ? (socket) => this.#internal(socket, server.name)
        : (socket) => programs?.serve(socket)
    return this.#streams(named(name, serve))
  }

  #streams(serve: Serve): IService[] {
    const { place, addresses } = this.#entry
    // A program has the connection for itself, and as long as it likes.
    const options = { timeout: this.#programs === undefined ? this.#shared.timeout : 0 }
    if (typeof place === 'string') return [new UNIXServer(place, serve, options)]
    return addresses.map(
      ({ address, ipv6Only }) =>
        new TCPServer(place, serve, { ...options, interface: address, ipv6Only }),
    )
  }

  #lending(lend: (descriptor: number) => Promise<void>): IService[] {
    const { place, addresses } = this.#entry
    const { succession } = this.#shared
    if (typeof place === 'string') {
      const listen = `unix:${quoteStringArgument(place)}`
      this.#lenders.push(new LendingServer(listen, lend, { succession }))
    }
    const kind = isDatagram(this.#entry) ? 'udp' : 'tcp'
    for (const { address, ipv6Only } of addresses) {
      const listen = `${kind}:${place}:interface=${quoteStringArgument(address)}`
      this.#lenders.push(new LendingServer(listen, lend, { ipv6Only, succession }))
    }
    return this.#lenders
  }

  #datagrams(internal: InternalName): IService[] {
    const { name, place } = this.#entry
    const { ports } = this.#shared
    const answerTo = internalDatagrams[internal]
    ports.add(place as number)
    const answer: DatagramListener = (data, { address, port }, socket) => {
      const text = answerTo(data)
      if (text === undefined || !mayAnswer(address, port, ports)) return
      // A forged sender may be nobody's address, which is no news.
      socket.send(text, port, address, () => {})
    }
    return this.#entry.addresses.map(
      ({ address, ipv6Only }) =>
        new UDPServer(place as number, named(name, answer), { interface: address, ipv6Only }),
    )
  }

  #internal(socket: Socket, internal: InternalName): void {
    const { admission } = this.#shared
    if (!admission.enter()) {
      socket.resetAndDestroy()
      return
    }
    socket.on('close', () => admission.leave())
    internalStreams[internal](socket)
  }
}

/** What a server calls itself in the log is the name of its function. */
function named<F extends (...args: never[]) => unknown>(name: string, serve: F): F {
  return Object.defineProperty(serve, 'name', { value: name })
}
