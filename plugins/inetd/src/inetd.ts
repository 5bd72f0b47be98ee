import { accessSync, constants } from 'node:fs'
import { log, MultiService, Succession } from 'runnerd'
import { Admission } from './admission.ts'
import { ConfError, type Fault } from './conf-error.ts'
import { EntryService } from './entry-service.ts'
import { Programs } from './programs.ts'
import type { ResolvedEntry } from './resolved-entry.ts'
import type { Shared } from './shared.ts'

/** How the services of a file are served. */
export interface InetdOptions extends Pick<Shared, 'rate' | 'timeout' | 'environment' | 'clock'> {
  /** What the file is called. */
  readonly file: string
  /** How many connections and programs there may be at a time; 0 for any number. */
  readonly maxConnections: number
  /** How many seconds programs have to end at a stop before they are killed. */
  readonly killTime: number
}

/**
 * The internet super-server: a service for each entry of a file.
 *
 * @see inetd(8)
 */
export class Inetd extends MultiService {
  /** Whether a stop of it has more to end than its own process. */
  readonly startsProcesses: boolean
  readonly #file: string
  readonly #programs: Programs
  readonly #succession = new Succession()
  readonly #entries: readonly ResolvedEntry[]
  readonly #services: ReadonlyMap<ResolvedEntry, EntryService>

  constructor(entries: readonly ResolvedEntry[], options: InetdOptions) {
    super()
    const { file, maxConnections, killTime, ...rest } = options
    this.#file = file
    this.#entries = entries
    this.#programs = new Programs(killTime)
    const programs = entries.filter(({ server }) => server.kind === 'program')
    this.startsProcesses = programs.length > 0
    // First, so that it is stopped last: when nobody starts any more.
    void this.#programs.setServiceParent(this)
    if (programs.some(({ wait }) => wait)) void this.#succession.setServiceParent(this)
    const admission = new Admission(maxConnections)
    const ports = new Set<number>()
    const succession = this.#succession
    const shared = { ...rest, programs: this.#programs, admission, ports, succession }
    this.#services = new Map(entries.map((entry) => [entry, new EntryService(entry, shared)]))
    for (const each of this.#services.values()) void each.setServiceParent(this)
  }

  /** @throws ConfError if a program can't run as its user says, by who runs this now */
  checkUsers(): void {
    const faults: Fault[] = []
    for (const [{ line }, service] of this.#services) {
      const reason = service.refusal()
      if (reason !== undefined) faults.push({ line, reason })
    }
    if (faults.length > 0) throw new ConfError(this.#file, faults, true)
  }

  /** @throws ConfError */
  override async checkStart(): Promise<void> {
    this.checkUsers()
    await super.checkStart()
  }

  /** @throws ConfError */
  override async startService(): Promise<void> {
    // By now the privileges may have been shed.
    this.checkUsers()
    for (const { line, server } of this.#entries) {
      if (server.kind === 'program' && !mayRun(server.path)) {
        log.warn(`line ${line}: there is no program ${server.path} yet`, { system: 'inetd' })
      }
    }
    await super.startService()
  }

  /** Takes on nothing new, and waits for the programs that there are. */
  override async drain(): Promise<void> {
    await Promise.all([super.drain(), this.#handOn()])
    await this.#programs.whenNone()
  }

  /** Lets the next generation start its own for the sockets that programs were lent. */
  async #handOn(): Promise<void> {
    await Promise.all([...this.#services.values()].map((each) => each.handBack()))
    await this.#succession.clear
    this.#succession.release()
  }
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
