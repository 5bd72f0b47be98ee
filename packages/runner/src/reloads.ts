import { log } from '@runnerd/logging'
import type { Reloaded } from './generation-channel.ts'
import type { Inheritance } from './inheritance.ts'
import type { Outcome } from './outcome.ts'
import type { Plan } from './plan.ts'
import type { Conductor } from './reload.ts'
import { beingStopped, cannotReload } from './reload-errors.ts'
import type { SucceededRun } from './succeeded-run.ts'
import { hasHungUp, terminals } from './terminals.ts'

/**
 * The reloads that this run is asked for, one after another and none lost: before
 * the run is up they wait, and once it is succeeded they are its successor's.
 */
export class Reloads {
  readonly #plan: Plan
  readonly #inheritance: Inheritance
  readonly #run: SucceededRun
  readonly #up: Promise<void>
  #isStopping = false
  #open: () => void = () => {}
  #last: Promise<unknown> = Promise.resolve()
  #conductor: Promise<Conductor> | undefined

  constructor(plan: Plan, inheritance: Inheritance, run: SucceededRun) {
    this.#plan = plan
    this.#inheritance = inheritance
    this.#run = run
    this.#up = new Promise((resolve) => {
      this.#open = resolve
    })
    const before = plan.settings.nodaemon ? terminals() : []
    process.on('SIGHUP', () => {
      if (hasHungUp(before)) this.#hangUp()
      else this.#reload()
    })
  }

  #reload(): void {
    log.msg('Received SIGHUP, reloading.')
    // What it has come to is in the log.
    this.request().catch(() => {})
  }

  /** A terminal that was closed says so by the same signal, and means the contrary. */
  #hangUp(): void {
    log.msg('Received SIGHUP, for the terminal is gone.')
    process.kill(process.pid, 'SIGTERM')
  }

  /** The run is up, and can be succeeded. */
  open(): void {
    this.#open()
    // Before another version is installed in its place, as before many a reload.
    import('./reload.ts').catch(() => {})
  }

  /**
   * Asks for one more; resolves when the successor has taken over.
   *
   * @throws an error with the line, the hint and the status for whoever asked
   */
  request(): Promise<Reloaded> {
    const turn = this.#last.then(() => this.#next())
    this.#last = turn.catch(() => {})
    return turn
  }

  /** The run is about to stop: a successor that hasn't taken over is ended, and none is started. */
  async abandon(): Promise<void> {
    this.#isStopping = true
    await (await this.#conductor)?.abandon()
  }

  /**
   * The run has stopped: does what the process still has to, and says how it ends.
   * The first process of a foreground run waits for the generations after it.
   */
  async outlive(outcome: Outcome): Promise<Outcome> {
    if (this.#conductor === undefined && this.#inheritance.ancestors().length === 0) return outcome
    return await (await this.#conduct()).outlive(outcome, () => this.#answered())
  }

  async #answered(): Promise<void> {
    for (let last: unknown; last !== this.#last; ) {
      last = this.#last
      await this.#last
    }
  }

  async #next(): Promise<Reloaded> {
    await this.#up
    if (this.#isStopping) throw this.#refusal()
    const { parent, crew } = this.#inheritance
    if (crew !== undefined) return await crew.reload()
    if (parent !== undefined) return (await parent.ask('reload', undefined)).body
    return await (await this.#conduct()).reload()
  }

  #refusal(): Error {
    const complaint = cannotReload(beingStopped(), this.#plan.source)
    log.error(complaint.message)
    return complaint
  }

  #conduct(): Promise<Conductor> {
    this.#conductor ??= import('./reload.ts').then(
      ({ Conductor }) => new Conductor(this.#plan, this.#inheritance, this.#run),
    )
    return this.#conductor
  }
}
