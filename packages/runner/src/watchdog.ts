import type { Worker } from 'node:worker_threads'
import { formatJson, formatText, type LogFile, type LogFormat } from '@runnerd/logging'
import { counted } from '@runnerd/options'
import { graceAfter } from '@runnerd/service/stop-within'
import type { RunnerSettings } from './plan.ts'
import { slackAfter } from './stop-deadlines.ts'
import { watchExit } from './watch-exit.ts'
import { nameOfWorker } from './workers/worker-terms.ts'

/** The longest that a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

/**
 * Ends this process by SIGKILL when it should have ended and hasn't: no timer
 * fires while a service or a listener of 'exit' loops. The first process of a
 * container, which SIGKILL from inside doesn't reach, ends with the same status.
 * Costs nothing until it is started, and then a thread.
 */
export class Watchdog {
  readonly #stopTimeout: number
  readonly #logfile: string | undefined
  readonly #file: () => LogFile | undefined
  readonly #system: string
  #format: LogFormat
  #worker: Worker | undefined
  #due = 0

  /**
   * @param file the log, as long as it is open
   * @param worker the number of this process, where it is one of several
   */
  constructor(settings: RunnerSettings, file: () => LogFile | undefined, worker?: number) {
    this.#stopTimeout = settings.stopTimeout
    this.#logfile = settings.logfile
    this.#file = file
    this.#format = settings.log.format
    this.#system = worker === undefined ? '-' : nameOfWorker(worker)
  }

  /**
   * From now on all services have as long as a stop may take.
   *
   * @param before seconds that something else may take before it
   */
  start(before = 0): void {
    this.#expect(before + this.#stopTimeout + graceAfter(this.#stopTimeout))
  }

  /** Says which service would be to blame. */
  blame(path: string): void {
    this.#worker?.postMessage({ words: this.#words(path) })
  }

  /** All services have stopped: what is left, the log above all, has as long again. */
  expectEnd(): void {
    this.#expect(this.#stopTimeout)
  }

  /** This is the end, which has as long again if something is still under way. */
  watchExit(): void {
    const patience = this.#patience(this.#stopTimeout)
    this.#due = Date.now() + patience
    const words = this.#text('The process has not ended: what it asked of the system has no answer')
    watchExit(patience, this.#logfile, words)
  }

  /** The process goes on after all, for others that it has started or that ask it. */
  rest(): void {
    this.#worker?.terminate()
    this.#worker = undefined
  }

  #expect(seconds: number): void {
    const patience = this.#patience(seconds)
    this.#due = Date.now() + patience
    this.#worker ??= this.#thread()
    this.#worker.postMessage({ words: this.#words(), patience })
  }

  /** In ms: whoever is not late by much shall end in his own way. */
  #patience(seconds: number): number {
    return Math.min((seconds + slackAfter(seconds)) * 1000, LONGEST)
  }

  #thread(): Worker {
    const workerData = this.#logfile ?? 1
    // Loaded now: it takes a millisecond, and most runs end without it.
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const worker = new Worker(WATCH, {
      ...{ eval: true, workerData, execArgv: [], env: {} },
      // Else this thread would make its process.stdout for what that one prints.
      ...{ stdout: true, stderr: true },
    })
    worker.on('error', () => {})
    worker.unref()
    return worker
  }

  #words(path?: string): string {
    return this.#text(
      path === undefined
        ? "The process has not ended: perhaps a drain, or a listener of 'exit', loops"
        : `Not stopped within ${counted(this.#stopTimeout, 'second')}: ${path}`,
    )
  }

  /** Its last words, as the log would have them at that time. */
  #text(blamed: string): string {
    // It may have been told meanwhile to write otherwise.
    this.#format = this.#file()?.settings.format ?? this.#format
    const format = this.#format === 'json' ? formatJson : formatText
    const event = { time: this.#due, level: 'critical', system: this.#system } as const
    return [blamed, 'Nothing else can run. Ending by SIGKILL.']
      .map((text) => format({ ...event, text }))
      .join('')
  }
}

/** A thread of its own, which nothing that loops can hold up. */
const WATCH = `
  const { parentPort, workerData: log } = require('node:worker_threads')
  const { appendFileSync } = require('node:fs')
  let words, timer
  parentPort.on('message', (message) => {
    words = message.words
    if (message.patience === undefined) return
    clearTimeout(timer)
    timer = setTimeout(end, message.patience)
  })
  function end() {
    try {
      appendFileSync(log, words)
    } catch {}
    process.kill(process.pid, 'SIGKILL')
    // Still here: what loops is interrupted as by a debugger.
    const { Session } = require('node:inspector')
    const session = new Session()
    session.connectToMainThread()
    session.post('Runtime.evaluate', { expression: 'process.reallyExit(137)' })
  }`
