import { existsSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { counted, log } from 'runnerd'
import type { Server } from './entry.ts'
import { endsOf, environmentOf } from './environment.ts'
import { changeTo, ownIdentity } from './identity.ts'
import { OFF, RateLimit } from './rate-limit.ts'
import { Refusals } from './refusals.ts'
import type { ResolvedEntry } from './resolved-entry.ts'
import type { Shared } from './shared.ts'

const own = { system: 'inetd' }

/** Starts the program of one entry, as often as somebody comes and its limits allow. */
export class ProgramRunner {
  readonly #entry: ResolvedEntry
  readonly #server: Extract<Server, { kind: 'program' }>
  readonly #shared: Shared
  readonly #limit: RateLimit
  readonly #refusals: Refusals
  readonly #stopping = new AbortController()
  #running = 0
  #started = 0

  constructor(entry: ResolvedEntry, server: Extract<Server, { kind: 'program' }>, shared: Shared) {
    this.#entry = entry
    this.#server = server
    this.#shared = shared
    this.#limit = new RateLimit(entry.most ?? shared.rate, shared.clock)
    this.#refusals = new Refusals(`${entry.name} is off`)
  }

  /** For `runner status`. */
  get counts(): { running: number; started: number; off?: string } {
    const { offFor } = this.#limit
    const off = offFor > 0 ? { off: `for ${counted(Math.ceil(offFor), 'second')}` } : {}
    return { running: this.#running, started: this.#started, ...off }
  }

  /** Why it can't run as its user. */
  refusal(): string | undefined {
    const { account, group } = this.#entry
    const change = changeTo(account, group !== undefined, ownIdentity())
    return typeof change === 'string' ? change : undefined
  }

  /** Starts no more. */
  stop(): void {
    this.#stopping.abort()
  }

  /** Gives a connection to a program of its own. Nothing has been read from it. */
  serve(socket: Socket): void {
    const { admission } = this.#shared
    const rate = this.#limit.take()
    if (rate !== 'ok') {
      if (rate === 'looping') this.#sayLooping()
      this.#refusals.add()
      socket.resetAndDestroy()
      return
    }
    if (!admission.enter()) {
      socket.resetAndDestroy()
      return
    }
    const { remoteAddress, remotePort } = socket
    const peer = remoteAddress === undefined ? 'a client' : `${remoteAddress} port ${remotePort}`
    this.#run([socket, socket, socket], endsOf(socket), peer)
    // It is the program's: this closes only what this process has of it.
    socket.destroy()
  }

  /** Gives the socket to a program, until that ends. */
  async lend(descriptor: number): Promise<void> {
    const { admission } = this.#shared
    if (this.#limit.take() !== 'ok') {
      this.#sayLooping()
      await this.#wait(OFF)
    } else if (admission.enter()) {
      await this.#run([descriptor, descriptor, descriptor], {}, 'its socket')
    } else await this.#wait(1)
  }

  async #wait(seconds: number): Promise<void> {
    await pause(seconds * 1000, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }

  async #run(stdio: (Socket | number)[], ends: NodeJS.ProcessEnv, what: string): Promise<void> {
    const { name } = this.#entry
    const { path } = this.#server
    this.#running += 1
    try {
      const [pid, exited] = await this.#start(stdio, ends)
      this.#started += 1
      log.debug(`${name}: ${path}, pid ${pid}, has ${what}`, own)
      const how = await exited
      const say = how === 'status 0' ? log.debug : log.msg
      say(`${name}: pid ${pid} ended: ${how}`, own)
    } catch (error) {
      log.error(
        `${name}: cannot run ${path}: ${reasonOf(error as NodeJS.ErrnoException, path)}`,
        own,
      )
    } finally {
      this.#running -= 1
      this.#shared.admission.leave()
    }
  }

  async #start(
    stdio: (Socket | number)[],
    ends: NodeJS.ProcessEnv,
  ): Promise<[pid: number, exited: Promise<string>]> {
    const { account, group } = this.#entry
    const { path, argv } = this.#server
    const change = changeTo(account, group !== undefined, ownIdentity())
    // It was so at the start; as somebody else it must not run.
    if (typeof change === 'string') throw new Error(change)
    const env = { ...environmentOf(account, this.#shared.environment), ...ends }
    return await this.#shared.programs.start({ path, argv, ...change }, stdio, env)
  }

  #sayLooping(): void {
    const { name } = this.#entry
    const { most } = this.#limit
    log.error(
      `${name}: asked for more than ${most} times in a minute (looping?), off for ${OFF / 60} minutes`,
      own,
    )
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException, path: string): string {
  // It is there: what its first line names is not.
  if (code === 'ENOENT' && existsSync(path)) return 'its interpreter is missing'
  const reasons = new Map([
    ['ENOENT', 'no such file'],
    ['EACCES', 'permission denied'],
    ['EPERM', 'operation not permitted'],
    ['EAGAIN', 'there are too many processes'],
    ['EMFILE', 'there are too many open files'],
  ])
  return reasons.get(code ?? '') ?? message
}
