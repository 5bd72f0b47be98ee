import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import { log } from 'runnerd'
import { type Command, commandFor } from './commands.ts'
import { ControlConnection } from './control-connection.ts'
import { DataConnections } from './data-connections.ts'
import type { FTPFactory } from './ftp-factory.ts'
import { KeptFile } from './kept-file.ts'
import { FACTS, type Fact } from './list-lines.ts'
import { oneLine } from './one-line.ts'
import { Refusal, refusalOf } from './refusal.ts'
import type { Transfer } from './transfer.ts'

/** So many commands may wait; the client has to keep the rest. */
const MOST_WAITING = 16

/** How long a session without anything under way lasts before it has logged in, in ms. */
const LOGIN_TIME = 60_000

/** The same in a reload, when another process serves already. */
const DRAIN_TIME = 5000

/** Somebody who has logged in. */
export interface User {
  readonly name: string
  readonly isAnonymous: boolean
  readonly mayWrite: boolean
  readonly seesHidden: boolean
}

/**
 * A client's session: its commands are obeyed one after the other, and what they
 * leave behind is here. The commands themselves are in `commands`.
 */
export class Session {
  readonly control: ControlConnection
  readonly data: DataConnections = new DataConnections()
  readonly factory: FTPFactory
  /** Of who has said USER, and not yet PASS. */
  claimedName: string | undefined
  cwd = '/'
  /** How files are sent: as they are, or with the ends of lines of a network. */
  type: 'A' | 'I' = 'A'
  /** Where the next transfer begins, by REST. */
  restart = 0
  renameFrom: string | undefined
  readonly lookedAt: KeptFile = new KeptFile()
  facts: ReadonlySet<Fact> = new Set(FACTS)
  /** Whether data connections have TLS, by PROT. */
  protection: 'C' | 'P'
  /** Whether PBSZ has been said, which PROT needs. */
  hasBufferSize = false
  /** Whether EPSV ALL has ruled out the others (RFC 2428, 4). */
  isEPSVOnly = false
  failedLogins = 0
  /** Aborted when the session is over. */
  readonly over: AbortController = new AbortController()
  readonly #firstProtection: 'C' | 'P'
  readonly #draining: AbortSignal
  readonly #waiting: (string | undefined)[] = []
  #user: User | undefined
  #transfer: Transfer | undefined
  #isObeying = false
  /** Whether the client says no more. */
  #hasEnded = false

  constructor(socket: Socket, factory: FTPFactory, draining: AbortSignal) {
    this.factory = factory
    this.#draining = draining
    this.control = new ControlConnection(socket, {
      line: (text) => this.#received(text),
      ended: () => this.#ended(),
      silent: () => this.#silent(),
      lost: () => this.#lost(),
    })
    this.#firstProtection = this.control.isSecure ? 'P' : 'C'
    this.protection = this.#firstProtection
    this.setIdleTime()
    draining.addEventListener('abort', this.setIdleTime)
    this.control.reply(220, 'runner FTP server ready.')
  }

  get user(): User | undefined {
    return this.#user
  }

  set user(user: User | undefined) {
    this.#user = user
    this.setIdleTime()
  }

  /** What is being sent or received. */
  get transfer(): Transfer | undefined {
    return this.#transfer
  }

  /** An ABOR that has come while it was made ready, and waits, is for it. */
  set transfer(transfer: Transfer | undefined) {
    this.#transfer = transfer
    if (transfer === undefined || wordOf(this.#waiting[0]) !== 'ABOR') return
    this.#waiting.shift()
    transfer.abort()
  }

  /** Who this is, for the log. */
  get who(): string {
    return `${oneLine(this.#user?.name ?? '?')}@${this.control.peer ?? 'unix'}`
  }

  /** Logs a line. */
  log(text: string): void {
    log.msg(`${this.who} ${oneLine(text)}`, { system: 'ftp' })
  }

  /** Begins anew, as somebody who has said nothing yet. */
  reset(): void {
    this.user = undefined
    this.claimedName = undefined
    this.cwd = '/'
    this.type = 'A'
    this.restart = 0
    this.renameFrom = undefined
    this.facts = new Set(FACTS)
    this.protection = this.#firstProtection
    this.hasBufferSize = false
    this.isEPSVOnly = false
    this.data.forget()
  }

  /** Goes on with TLS, as somebody who has not logged in: what was said in the clear is void. */
  secure(context: SecureContext, code: number, text: string): void {
    this.reset()
    this.#waiting.length = 0
    this.control.secure(context, code, text)
  }

  /** Ends the session with a last reply. */
  close(code: number, text: string): void {
    this.control.reply(code, text)
    this.#hangUp()
  }

  /** Ends the session when it has been silent for so long as now holds. */
  readonly setIdleTime = (): void => {
    const { timeout } = this.factory.settings
    const limits = [timeout * 1000]
    if (this.#user === undefined) limits.push(LOGIN_TIME)
    if (this.#draining.aborted) limits.push(DRAIN_TIME)
    const some = limits.filter((limit) => limit > 0)
    this.control.setTimeout(some.length === 0 ? 0 : Math.min(...some))
  }

  #received(line: string | undefined): void {
    // These are what a client says while something is under way; the rest waits.
    const word = wordOf(line)
    if (this.#transfer !== undefined && word === 'ABOR') this.#transfer.abort()
    else if (this.#transfer !== undefined && word === 'STAT') this.#transfer.tell()
    else {
      this.#waiting.push(line)
      if (this.#waiting.length >= MOST_WAITING) this.control.pause()
      if (!this.#isObeying) void this.#obeyAll()
    }
  }

  async #obeyAll(): Promise<void> {
    this.#isObeying = true
    while (this.#waiting.length > 0 && !this.over.signal.aborted) {
      const line = this.#waiting.shift()
      await this.#obey(line)
      // Who doesn't read the replies is not obeyed either.
      await this.control.drained()
      if (this.#waiting.length < MOST_WAITING) this.control.resume()
    }
    this.#isObeying = false
    if (this.#hasEnded) this.#hangUp()
  }

  async #obey(line: string | undefined): Promise<void> {
    let argument = ''
    try {
      if (line === undefined) throw new Refusal(500, 'That line is too long, or not in UTF-8.')
      const [, verb = '', rest = ''] = /^([A-Za-z]{3,4})(?: (.*))?$/s.exec(line) ?? []
      if (verb === '') throw new Refusal(500, 'That is no command.')
      argument = rest
      const command = commandFor(verb.toUpperCase())
      this.#check(command)
      await command.run(this, rest)
    } catch (error) {
      this.#refuse(error, argument)
    }
  }

  #check({ needs }: Command): void {
    if (needs === undefined) return
    if (this.#user === undefined) throw new Refusal(530, 'Please login with USER and PASS.')
    if (needs === 'write' && !this.#user.mayWrite) throw new Refusal(550, 'Permission denied.')
  }

  #refuse(error: unknown, argument: string): void {
    const refusal = refusalOf(error, argument || this.cwd)
    if (refusal === undefined) log.err(error, `[ftp] ${this.who}`)
    this.control.reply(refusal?.code ?? 451, refusal?.message ?? 'Local error in processing.')
  }

  #silent(): void {
    // Who reads no replies does not read a last one either.
    if (this.control.isBlocked) this.control.destroy()
    // Its data connection has a limit of its own, and so has a login.
    else if (!this.#isObeying) {
      this.close(421, this.#draining.aborted ? 'Service closing control connection.' : 'Timeout.')
    }
  }

  /** What was asked for before is done, and told; a transfer ends with what it was asked on. */
  #ended(): void {
    this.#hasEnded = true
    if (!this.#isObeying || this.#transfer !== undefined) this.#hangUp()
  }

  #lost(): void {
    this.#end()
  }

  #hangUp(): void {
    this.control.end()
    this.#end()
  }

  #end(): void {
    if (this.over.signal.aborted) return
    this.over.abort()
    this.#draining.removeEventListener('abort', this.setIdleTime)
    this.#waiting.length = 0
    this.data.close()
    this.lookedAt.drop()
  }
}

/** A line as the name of a command that has no argument. */
function wordOf(line: string | undefined): string | undefined {
  return line?.trim().toUpperCase()
}
