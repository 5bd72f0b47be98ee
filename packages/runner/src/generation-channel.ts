import type { BoundHandle, SocketSpec } from '@runnerd/internet/sockets'
import type { RunStatus } from './control/run-status.ts'
import type { LogLine } from './monitor/log-tail.ts'
import type { MetricFamily } from './monitor/metric-family.ts'
import type { Readiness } from './monitor/readiness.ts'
import type { Launch } from './plan.ts'
import { receivedError, type SentError, sentError } from './sent-error.ts'
import type { StopSignal } from './stop-signals.ts'
import type { WorkerFacts, WorkOrder } from './workers/worker-terms.ts'

/**
 * What two processes say to each other when one has started the other: a daemon
 * and its successor, the first process of a foreground run and each generation
 * after it, and whoever holds sockets for workers. Either may ask; each question
 * has one answer, or an error.
 */
export interface Questions {
  /** To a new generation: start. Answered when its whole tree has started. */
  begin: { body: Beginning; answer: { pid: number } }
  /** To whoever started this, or to a generation that serves: the socket it has for this, if any. */
  socket: { body: WantedSocket; answer: undefined }
  /** The same for the control socket. */
  control: { body: undefined; answer: undefined }
  /** To a new generation: be the one that the pid file names, if it has one. */
  takeOver: { body: { ancestors: readonly Ancestor[] }; answer: undefined }
  /** To a generation that is succeeded: drain, stop and end. Answered at once. */
  retire: { body: undefined; answer: undefined }
  /** To any: stop, as by this signal, which it may get as well. Twice ends it at once. */
  stop: { body: { signal: StopSignal }; answer: undefined }
  /** To whoever started this, which may not be its parent: it exits with this status. */
  exits: { body: { status: number }; answer: undefined }
  /** To whoever conducts reloads: one more. */
  reload: { body: undefined; answer: Reloaded }
  /** To a worker: start. Answered when its whole tree has started. */
  work: { body: WorkOrder; answer: WorkerFacts }
  /** To a worker: how it is. */
  status: { body: undefined; answer: RunStatus }
  /** To a worker: how well it is, what it counts, and what it logged last. */
  health: { body: undefined; answer: Readiness }
  metrics: { body: undefined; answer: readonly MetricFamily[] }
  tail: { body: undefined; answer: readonly LogLine[] }
  /** To a worker: what the control socket has under these names. */
  debug: { body: undefined; answer: { readonly url: string } }
  profile: { body: { seconds: number }; answer: string }
  /** The snapshot is in the file then. */
  heap: { body: { path: string }; answer: undefined }
  /** To a worker: write the log otherwise from now on, as the control socket has it. */
  log: { body: Readonly<Record<string, unknown>>; answer: undefined }
  /** To whoever started this worker: all its services have stopped, but for these. */
  stopped: { body: { late: readonly string[] }; answer: undefined }
  /** To whoever started this worker: the application has stopped itself. */
  done: { body: undefined; answer: undefined }
}

/** What a process says to the other without an answer. */
export interface Tidings {
  /** To whoever started this worker: its event loop turns. */
  beat: { readonly mayBeSilent: boolean }
}

export interface Beginning {
  readonly launch: Launch
  readonly generation: number
  /** The pid of whoever starts it. */
  readonly startedBy: number
  /** Whether it is to live without whoever started it, as a daemon does. */
  readonly alone: boolean
  /** Which of the descriptors of `generation.ts` it has got. */
  readonly has: { readonly pidFile: boolean; readonly keeper: string | undefined }
}

export interface WantedSocket {
  readonly spec: SocketSpec
  readonly nth: number
}

/** A process that was succeeded and still drains. */
export interface Ancestor {
  readonly pid: number
  /** In ms of the system's clock: a pid is used again. */
  readonly startedAt: number
}

/** What a reload has led to. */
export interface Reloaded {
  readonly pid: number
  readonly generation: number
}

/** An answer; the handle goes to the other process as it is, and stays open here. */
export interface Answer<Body> {
  readonly body: Body
  readonly handle?: BoundHandle | undefined
  /** Called when the answer has been sent. */
  sent?(): void
}

export type Answers = {
  readonly [What in keyof Questions]?: (
    body: Questions[What]['body'],
  ) => Promise<Answer<Questions[What]['answer']>>
} & {
  readonly [What in keyof Tidings]?: (body: Tidings[What]) => void
}

/** A process on the other end of Node's IPC channel: `process` itself, or a child. */
export interface Wire {
  readonly connected: boolean
  send?(
    message: unknown,
    handle: unknown,
    options: undefined,
    done: (error: Error | null) => void,
  ): boolean
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
  disconnect(): void
}

type Message =
  | { readonly runner: 'ask'; readonly id: number; readonly what: keyof Questions; body: unknown }
  | { readonly runner: 'answer'; readonly id: number; body?: unknown; error?: SentError }
  | { readonly runner: 'tell'; readonly what: keyof Tidings; body: Tidings[keyof Tidings] }

interface Asked {
  resolve(answer: { body: never; handle: BoundHandle | undefined }): void
  reject(error: Error): void
}

/** Asks the process on the other end of the channel, and answers it. */
export class GenerationChannel {
  /** Resolves when the other end is gone, or the channel closed. */
  readonly closed: Promise<void>
  readonly #wire: Wire
  readonly #answers: Answers
  readonly #asked = new Map<number, Asked>()
  readonly #sending = new Set<Promise<void>>()
  #id = 0

  constructor(wire: Wire, answers: Answers) {
    this.#wire = wire
    this.#answers = answers
    wire.on('message', (message, handle) => this.#hear(message as Message, handle as BoundHandle))
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        resolve()
        for (const { reject } of this.#asked.values()) reject(gone())
        this.#asked.clear()
      }
      wire.on('disconnect', end)
      if (!wire.connected) end()
    })
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws what the other process answers with, or an error with code
   * `ERR_GENERATION_GONE` if it is gone before it has answered
   */
  ask<What extends keyof Questions>(
    what: What,
    body: Questions[What]['body'],
  ): Promise<{ body: Questions[What]['answer']; handle: BoundHandle | undefined }> {
    this.#id += 1
    const id = this.#id
    return new Promise((resolve, reject) => {
      if (!this.#wire.connected) return reject(gone())
      this.#asked.set(id, { resolve, reject })
      this.#send({ runner: 'ask', id, what, body })
    })
  }

  /** Says something; resolves when it is with the system, or there is nobody any more. */
  tell<What extends keyof Tidings>(what: What, body: Tidings[What]): Promise<void> {
    return this.#send({ runner: 'tell', what, body })
  }

  /** Waits until all that was said is with the system. */
  async flushed(): Promise<void> {
    await Promise.all(this.#sending)
  }

  close(): void {
    if (this.#wire.connected) this.#wire.disconnect()
  }

  async #hear(message: Message, handle: BoundHandle | undefined): Promise<void> {
    // A plugin may talk to its own children; what is not ours is left alone.
    if (message?.runner === 'answer') return this.#settle(message, handle)
    if (message?.runner === 'tell') return this.#answers[message.what]?.(message.body)
    if (message?.runner !== 'ask') return
    const { id, what } = message
    try {
      const answerer = this.#answers[what] as
        | ((body: unknown) => Promise<Answer<unknown>>)
        | undefined
      if (answerer === undefined) throw new Error(`cannot answer ${what}: not known here`)
      const answer = await answerer(message.body)
      this.#send({ runner: 'answer', id, body: answer.body }, answer)
    } catch (error) {
      this.#send({ runner: 'answer', id, error: sentError(error) })
    }
  }

  #settle(
    { id, body, error }: Extract<Message, { runner: 'answer' }>,
    handle: BoundHandle | undefined,
  ): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (error !== undefined) asked?.reject(receivedError(error))
    else asked?.resolve({ body: body as never, handle })
  }

  async #send(message: Message, { handle, sent }: Partial<Answer<unknown>> = {}): Promise<void> {
    // One that is gone is told by `closed`.
    if (!this.#wire.connected) return sent?.()
    const sending = new Promise<void>((resolve) => {
      this.#wire.send?.(message, handle, undefined, () => resolve())
    }).then(() => {
      this.#sending.delete(sending)
      sent?.()
    })
    this.#sending.add(sending)
    await sending
  }
}

function gone(): Error {
  return Object.assign(new Error('the other process is gone'), { code: 'ERR_GENERATION_GONE' })
}
