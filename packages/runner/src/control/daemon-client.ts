import { setTimeout as sleep } from 'node:timers/promises'
import { type Complaint, complaintOf } from '../complaint.ts'
import { ExitStatus } from '../exit-status.ts'
import { type FoundPid, isAlive, readPidFile } from '../read-pid-file.ts'
import { RunnerError } from '../runner-error.ts'
import { ask, type Question, type Reply, textOf } from './ask.ts'
import { checkSignaled, isHeld } from './check-signaled.ts'
import { controlPath } from './control-path.ts'
import {
  type Attempt,
  daemonGone,
  isCutShort,
  isUnanswered,
  noDaemon,
  notRunners,
  notYours,
  unreachable,
} from './daemon-faults.ts'

/** How long a daemon may take to begin an answer, and to go on with it, in ms. */
const PATIENCE = 5000

/** How long a process may be seen after it has broken off, in ms. */
const LAST_MOMENT = 1000

/** What is asked of a daemon; with the usual patience if none is given. */
export type Asked = Omit<Question, 'patience'> & { readonly patience?: number }

/** What {@link DaemonClient.askLastly} has heard. */
export interface LastReply<T> {
  /** `undefined` if it was cut before it came. */
  readonly answer: T | undefined
  /** Whether the process went without having brought it to its end: it was killed. */
  readonly isCut: boolean
  /** How long the process may take without a word, in ms, as it says itself. */
  readonly silence: number | undefined
}

/**
 * The daemon with a pid file, as a verb deals with it. Whatever goes wrong is one
 * line for the operator.
 *
 * @example
 * const daemon = new DaemonClient('/srv/runner.pid', 'cannot reload')
 * const { pid } = await daemon.ask<ReloadReport>({ method: 'POST', target: '/reload' })
 */
export class DaemonClient {
  readonly pidfile: string
  readonly pid: number
  readonly #found: FoundPid
  readonly #at: Attempt

  /**
   * Reads the pid file.
   *
   * @param attempt how each error begins: `cannot stop`
   * @throws RunnerError when there is no such daemon (69), it is another user's (77),
   * or the file has no pid in it (78)
   */
  constructor(pidfile: string, attempt: string) {
    this.#found = pidIn(pidfile, attempt)
    this.pidfile = pidfile
    this.pid = this.#found.pid
    this.#at = { attempt, pidfile, pid: this.pid, socket: controlPath(pidfile) }
  }

  /**
   * Asks something that is answered with JSON; waits as long as there are signs of life.
   *
   * @throws RunnerError, the daemon's own if it has refused
   */
  async ask<T>(asked: Asked): Promise<T> {
    const { body } = await this.open(asked)
    return await this.#explained(async () => parsed(await textOf(body)) as T)
  }

  /**
   * Asks for a page that says by its code how it is.
   *
   * @throws RunnerError when there is no answer
   */
  async look(target: string): Promise<{ readonly code: number; readonly text: string }> {
    return await this.#explained(async () => {
      const asked = { method: 'GET', target, patience: PATIENCE } as const
      const { code, body } = await ask(this.#at.socket, asked)
      return { code, text: await textOf(body) }
    })
  }

  /**
   * Asks something whose answer comes to its end when the process does.
   *
   * @throws RunnerError, the daemon's own if it has refused
   */
  async askLastly<T>(asked: Asked): Promise<LastReply<T>> {
    const { body, silence } = await this.open(asked)
    return await this.#explained(async () => {
      const { text, isCut } = await allThatCame(body)
      return { answer: isCut && text === '' ? undefined : (parsed(text) as T), isCut, silence }
    })
  }

  /**
   * Asks something that is answered at length. An error while the body is read is to
   * be put into words by {@link explain}.
   *
   * @throws RunnerError, the daemon's own if it has refused
   */
  async open(asked: Asked): Promise<Reply> {
    return await this.#explained(async () => {
      const reply = await ask(this.#at.socket, { patience: PATIENCE, ...asked })
      if (reply.code >= 400) throw refusal(await textOf(reply.body), this.#at.attempt)
      return reply
    })
  }

  /** Whether its process lives, and is the one that the pid file means. */
  isAlive(): boolean {
    return isAlive(this.#found)
  }

  /** Whether the pid file says its pid still. */
  isNamed(): boolean {
    try {
      return readPidFile(this.pidfile)?.pid === this.pid
    } catch {
      return false
    }
  }

  /**
   * Sends its process a signal, if it is a runner's.
   *
   * @throws RunnerError
   */
  signal(name: NodeJS.Signals): void {
    checkSignaled(this.#at)
    try {
      process.kill(this.pid, name)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** What went wrong with the connection, in an operator's words. */
  async explain(error: unknown): Promise<RunnerError> {
    // A process that is killed lets go of its connections a moment before it is gone.
    const end = performance.now() + LAST_MOMENT
    while (isCutShort(error) && this.isAlive() && performance.now() < end) await sleep(20)
    return this.#explain(error)
  }

  #explain(error: unknown): RunnerError {
    if (error instanceof RunnerError) return error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') return notYours(this.#at)
    if (!this.isAlive()) return daemonGone(this.#at, error)
    if (isUnanswered(error) && !isHeld(this.pidfile)) return notRunners(this.#at, error)
    return unreachable(error, this.#at)
  }

  async #explained<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act()
    } catch (error) {
      throw await this.explain(error)
    }
  }
}

function pidIn(pidfile: string, attempt: string): FoundPid {
  let found: FoundPid | undefined
  try {
    found = readPidFile(pidfile)
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException
    throw code === 'EACCES' ? notYours({ pidfile, attempt }) : error
  }
  if (found === undefined) throw noDaemon({ pidfile, attempt })
  return found
}

/** @throws an error of code `ERR_NOT_HTTP` for what no runner answers with */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // As little one of ours.
  }
  throw Object.assign(new Error('it does not speak JSON'), { code: 'ERR_NOT_HTTP' })
}

async function allThatCame(body: AsyncIterable<Buffer>): Promise<{ text: string; isCut: boolean }> {
  const pieces: Buffer[] = []
  const text = (): string => Buffer.concat(pieces).toString()
  try {
    for await (const piece of body) pieces.push(piece)
    return { text: text(), isCut: false }
  } catch (error) {
    if (!isCutShort(error)) throw error
    return { text: text(), isCut: true }
  }
}

/** The daemon's own words for why it doesn't do what it was asked. */
function refusal(text: string, attempt: string): RunnerError {
  const { line, hint, status } = readComplaint(text, attempt)
  return new RunnerError('ERR_REFUSED', status, line, { hint })
}

function readComplaint(text: string, attempt: string): Complaint {
  const { line, hint, status } = parsed(text) as Partial<Complaint>
  if (typeof line !== 'string' || typeof status !== 'number') {
    return { line: `${attempt}: it was refused`, status: ExitStatus.SOFTWARE }
  }
  // It goes to a terminal.
  const plain = complaintOf(Object.assign(new Error(line), { hint }), attempt)
  return { ...plain, status }
}
