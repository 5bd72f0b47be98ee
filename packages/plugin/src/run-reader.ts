import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { counted } from '@runnerd/options'
import { START_LIMIT } from './reader-limits.ts'
import { type Message, MessageReader, REPORT_FD } from './report-channel.ts'

/** Which dropins to read, and how. */
export interface ReadRequest {
  readonly files: readonly string[]
  /** The module that `import 'runnerd'` means for a dropin with no copy of its own. */
  readonly door: string
  /** How long each dropin may take on a machine that is idle, in seconds. */
  readonly limit: number
}

/** A request as the child gets it. */
export interface ReaderInput extends ReadRequest {
  /** What its messages begin with. */
  readonly token: string
}

/** How a child ended that did not report all. */
export interface ReaderEnd {
  readonly faults: readonly string[]
  /** It isn't known to be the dropin's doing: to be tried again and not remembered. */
  readonly passing?: boolean
  /** Its time was up. */
  readonly isLate?: boolean
}

/** What a child made of its dropins. */
export interface Reading {
  /** By file. */
  readonly reports: ReadonlyMap<string, object>
  readonly end: ReaderEnd
}

/** The most bytes that are taken from one child. */
const MOST = 64 * 1024 * 1024

/** How much later than a child that keeps its time its parent looks at the clock, in milliseconds. */
const GRACE = 2000

/**
 * Reads dropins in a child process with closed stdio, in a process group of its
 * own. Nothing is waited for but the reports: when they are all there, or the
 * child ended, or its time is up, the whole group is killed. It keeps its time and
 * memory itself; its parent does it for one that was stopped.
 */
export async function runReader(request: ReadRequest): Promise<Reading> {
  const token = randomBytes(16).toString('hex')
  const child = startReader()
  const input = child.stdin as Writable
  // It may have ended before it read them.
  input.on('error', () => {})
  input.end(JSON.stringify({ ...request, token } satisfies ReaderInput))
  const reading = new ReaderProcess(child, request.files, token)
  return await reading.ended
}

function startReader(): ChildProcess {
  const reader = join(import.meta.dirname, 'dropin-reader.js')
  return spawn(process.execPath, ['--max-old-space-size=512', reader], {
    env: childVariables(),
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
}

/** A debugger that is meant for runner would stop the child, or take its port. */
function childVariables(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...variables } = process.env
  if (NODE_OPTIONS === undefined) return variables
  const options = NODE_OPTIONS.split(' ').filter((option) => !option.startsWith('--inspect'))
  return { ...variables, NODE_OPTIONS: options.join(' ') }
}

class ReaderProcess {
  readonly ended: Promise<Reading>
  readonly #child: ChildProcess
  readonly #files: ReadonlySet<string>
  readonly #reports = new Map<string, object>()
  readonly #messages: MessageReader
  #timer: NodeJS.Timeout
  #isReady = false
  #received = 0
  #limit = START_LIMIT
  #end: ReaderEnd | undefined

  constructor(child: ChildProcess, files: readonly string[], token: string) {
    this.#child = child
    this.#files = new Set(files)
    this.#messages = new MessageReader(token)
    this.#timer = this.#killIn(START_LIMIT)
    const pipe = child.stdio[REPORT_FD] as Readable
    pipe.on('data', (bytes: Buffer) => this.#take(bytes))
    pipe.on('error', () => {})
    this.ended = new Promise((resolve) => {
      const end = async (how: ReaderEnd): Promise<void> => {
        this.#kill()
        // What the child wrote is in the pipe; others may keep that open for ever.
        for (let turn = 0; turn < 3; turn += 1) await setImmediate()
        pipe.destroy()
        clearTimeout(this.#timer)
        const said = this.#end ?? how
        resolve({ reports: this.#reports, end: this.#isReady ? said : { ...said, passing: true } })
      }
      child.once('error', (error) => end({ faults: [error.message], passing: true }))
      child.once('exit', (status, signal) => end(howItEnded(status, signal)))
    })
  }

  #take(bytes: Buffer): void {
    this.#received += bytes.length
    if (this.#received > MOST) {
      this.#finish({ faults: ['it declares more than can be read'] })
      return
    }
    for (const message of this.#messages.take(bytes)) this.#hear(message)
    if (this.#reports.size === this.#files.size) this.#kill()
  }

  #hear(message: Message): void {
    if (message.is === 'ready') {
      this.#isReady = true
      this.#limit = message.amount / 1000
      this.#restart()
    } else if (message.is === 'late') {
      this.#end ??= late(message.amount)
    } else if (message.is === 'flooded') {
      this.#end ??= { faults: [`it took more than ${message.amount} MB of memory`] }
    } else if (this.#files.has(message.file) && !this.#reports.has(message.file)) {
      this.#reports.set(message.file, message.report)
      this.#restart()
    }
  }

  #restart(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#killIn(this.#limit)
  }

  #killIn(seconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#finish(late(Math.round(seconds))), seconds * 1000 + GRACE)
  }

  #finish(end: ReaderEnd): void {
    this.#end ??= end
    this.#kill()
  }

  /** The group, for what dropins have started; Windows has none. */
  #kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      this.#child.kill('SIGKILL')
    }
  }
}

function late(seconds: number): ReaderEnd {
  return { faults: [`it did not finish within ${counted(seconds, 'second')}`], isLate: true }
}

function howItEnded(status: number | null, signal: NodeJS.Signals | null): ReaderEnd {
  // V8 ends with SIGABRT, or SIGTRAP, when its memory is full.
  const own = signal === 'SIGABRT' || signal === 'SIGTRAP' || signal === 'SIGSEGV'
  if (signal) return { faults: [`it was ended by ${signal}`], passing: !own }
  if (status === 13) return { faults: ['it awaits what never comes'] }
  return { faults: [`it exited with status ${status}`] }
}
