import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { log, MultiService, Succession } from 'runnerd'
import type { Command } from './command.ts'
import { MonitoredProcess, type MonitorPolicy } from './monitored-process.ts'

/** How commands are kept running. */
export interface ProcessMonitorOptions extends MonitorPolicy {
  /** The start is over when a port of localhost accepts connections. */
  readonly readyPort?: number | undefined
}

/** Between two looks at a port, in ms. */
const LOOK = 50

/**
 * Keeps commands running: a service each, by their names.
 *
 * @see Twisted's `twisted.runner.procmon.ProcessMonitor`
 */
export class ProcessMonitor extends MultiService {
  readonly startsProcesses = true
  readonly #succession = new Succession()
  readonly #processes: readonly MonitoredProcess[]
  readonly #readyPort: number | undefined
  readonly #notifies: boolean
  #isOver = false
  #end: () => void = () => {}
  readonly #over: Promise<void>

  constructor(commands: readonly Command[], options: ProcessMonitorOptions) {
    super()
    this.#readyPort = options.readyPort
    this.#notifies = options.notifies === true
    this.#over = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#processes = commands.map((each) => new MonitoredProcess(each, options, this.#succession))
    // First, so that it is stopped last.
    for (const each of [this.#succession, ...this.#processes]) void each.setServiceParent(this)
  }

  override async startService(): Promise<void> {
    await super.startService()
    // What was there before a reload still has the port, and its place.
    if (!this.#succession.isClear) return
    if (this.#notifies) await Promise.race([this.#over, this.#allReady()])
    if (this.#readyPort === undefined) return
    while (!this.#isOver && !(await accepts(this.#readyPort))) await pause(LOOK)
    if (this.#isOver) return
    log.msg(`port ${this.#readyPort} accepts connections`, { system: 'procmon' })
  }

  /** Ends the commands, so that the next generation starts its own. */
  override async drain(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.drain()))
    await this.#succession.clear
    this.#succession.release()
    await super.drain()
  }

  override async stopService(): Promise<void> {
    this.#giveUp()
    // All at once: each may take its time.
    await Promise.all(this.#processes.map((each) => each.drain()))
    await super.stopService()
  }

  override async undoStart(): Promise<void> {
    this.#giveUp()
    await super.undoStart()
  }

  /** A stop has come while commands are waited for: they are to be ended, and not to be ready. */
  override cancelStart(): void {
    this.#giveUp()
    super.cancelStart()
  }

  #giveUp(): void {
    this.#isOver = true
    this.#end()
  }

  async #allReady(): Promise<void> {
    await Promise.all(this.#processes.map(({ ready }) => ready))
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost')
    socket.on('error', () => resolve(false))
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
