import { log } from '@runnerd/logging'
import { type Application, ServiceStoppedError } from '@runnerd/service'
import { Belongings } from './belongings.ts'
import type { Complaint } from './complaint.ts'
import type { PipeHandle } from './control/bind-control.ts'
import { makeControlled } from './control/make-controlled.ts'
import { openControl } from './control/open-control.ts'
import { Drain } from './drain.ts'
import { ExitStatus } from './exit-status.ts'
import type { AttachedRun, Inheritance } from './inheritance.ts'
import { MainProcess } from './main-process.ts'
import { openMonitor } from './monitor/open-monitor.ts'
import type { Phase } from './monitor/phase.ts'
import { onOwnStop } from './on-own-stop.ts'
import { endWith, type Outcome, statusOf } from './outcome.ts'
import { nameOf, type Plan } from './plan.ts'
import { Reloads } from './reloads.ts'
import { logStartComplaint } from './start-complaint.ts'
import { startRun } from './start-run.ts'
import { stopApplication } from './stop-application.ts'
import { StopRequests } from './stop-requests.ts'
import type { SucceededRun } from './succeeded-run.ts'
import { trace } from './trace.ts'
import { Watchdog } from './watchdog.ts'
import { within } from './within.ts'

/** One run, from its first step to the last: what it is at, and how it ends. */
export class Life {
  /** When a signal, an error nobody caught or the application itself ends the run. */
  readonly end: Promise<Outcome>
  readonly #plan: Plan
  #finish: (outcome: Outcome) => void = () => {}
  readonly #inheritance: Inheritance
  readonly #reloads: Reloads
  readonly #watchdog: Watchdog
  readonly #main: MainProcess
  readonly #has: Belongings
  readonly #stops: StopRequests
  #isStarting = true
  #isStopping = false
  /** What made the start fail without any of its steps having failed. */
  #uncaught: { readonly error: unknown } | undefined
  /** An error that nobody caught came up when the start was over. */
  #isBroken = false
  /** Another generation serves. */
  #drain: Drain | undefined
  /** Whether it has been the one that serves: a successor is only when it takes over. */
  #isCurrent: boolean
  #fail: (error: unknown) => void = () => {}

  constructor(plan: Plan, inheritance: Inheritance) {
    this.#plan = plan
    this.#watchdog = new Watchdog(plan.settings, () => this.#has.file, inheritance.worker?.number)
    this.#inheritance = inheritance
    this.#main = new MainProcess(inheritance)
    this.#has = new Belongings(plan.settings, inheritance.keeper)
    this.#isCurrent = inheritance.generation === 1 || inheritance.worker !== undefined
    this.end = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#stops = new StopRequests({
      delay: () => (this.#phase === 'running' && this.#isCurrent ? plan.settings.drainDelay : 0),
      leaving: () => void this.#reloads.abandon().catch(() => {}),
      stop: (signal) => this.#finish({ signal }),
      atOnce: (signal) => {
        inheritance.crew?.kill()
        this.#cleanUp()
        endWith({ signal })
      },
    })
    const seen = this.#asOthersSeeIt()
    this.#reloads = new Reloads(plan, inheritance, seen)
    inheritance.attach(seen)
    process.on('uncaughtException', (error) => this.#unforeseen(error))
    process.on('exit', () => {
      this.#watchdog.expectEnd()
      this.#cleanUp()
      this.#watchdog.watchExit()
    })
  }

  async start(): Promise<undefined> {
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    await Promise.race([this.#start(), failed])
    this.#isStarting = false
  }

  async #start(): Promise<void> {
    await startRun({
      plan: this.#plan,
      inheritance: this.#inheritance,
      has: this.#has,
      step: (name) => this.#step(name),
      made: () => this.#beSeen(),
      openControl: () => this.#openControl(),
      finish: this.#finish,
    })
    onOwnStop(this.#has.application as Application, () => {
      this.#finish({ status: ExitStatus.OK })
      if (!this.#isStopping) this.#inheritance.worker?.done()
    })
  }

  /** A stop that came meanwhile ends the start: nothing may be begun that nobody would end. */
  #step(name: string): void {
    if (!this.#isStarting) throw new ServiceStoppedError()
    trace(name)
  }

  #unforeseen(error: unknown): void {
    if (this.#isStarting) {
      this.#uncaught ??= { error }
      this.#fail(error)
    } else {
      log.err(error, 'Unhandled error')
      this.#isBroken = true
      this.#finish({ status: ExitStatus.SOFTWARE })
    }
  }

  /** The application is there: from now on others may know of it. */
  async #beSeen(): Promise<void> {
    this.#has.controlled = makeControlled(this.#plan, this.#has, this.#inheritance, {
      phase: () => this.#phase,
      finish: () => this.#finish({ status: ExitStatus.OK }),
      reload: () => this.#reloads.request(),
    })
    this.#has.monitor = await openMonitor(this.#has, this.#inheritance.worker)
  }

  /** @param handle the socket of the generation before it */
  async #openControl(handle?: PipeHandle): Promise<void> {
    this.#has.control = await openControl(this.#has, this.#inheritance.worker, handle)
  }

  get #phase(): Phase {
    if (this.#isStopping) return 'stopping'
    if (this.#drain !== undefined) return 'draining'
    if (this.#stops.isLeaving) return 'leaving'
    return this.#isStarting ? 'starting' : 'running'
  }

  /** It can be succeeded from now on. */
  open(): void {
    this.#main.ready(this.#plan.settings.workers)
    this.#reloads.open()
  }

  /** What others may do with this run, as a successor and as one that is succeeded. */
  #asOthersSeeIt(): SucceededRun & AttachedRun {
    const life = this
    return {
      get pidFile() {
        return life.#has.pidFile
      },
      get keeper() {
        return life.#has.keeper
      },
      get control() {
        return life.#has.control?.handle
      },
      retire: () => void this.#retire(),
      takeOver: async (control) => {
        this.#isCurrent = true
        this.#main.takeOver()
        await this.#openControl(control)
        await this.#has.monitor?.listen()
      },
      stop: () => this.#finish({ status: ExitStatus.OK }),
      stopBy: (signal) => {
        // Whoever tells a worker has let it pass already.
        if (this.#inheritance.worker !== undefined) this.#stops.hurry()
        this.#stops.say(signal)
      },
      reload: () => this.#reloads.request(),
      leavePorts: () => {
        this.#stops.hurry()
        void this.#has.letGo()
        this.#has.application?.drain().catch(() => {})
      },
    }
  }

  /** Another generation serves: what is open comes to its end, and then all is stopped. */
  async #retire(): Promise<void> {
    if (this.#drain !== undefined || this.#has.application === undefined) return
    this.#drain = new Drain(this.#has.application)
    this.#main.handOver()
    const others = this.#has.letGo()
    trace('drain')
    const { drainTimeout } = this.#plan.settings
    this.#watchdog.start(drainTimeout)
    await this.#drain.run(drainTimeout, others)
    this.#finish({ status: ExitStatus.OK })
  }

  async stop(outcome: Outcome): Promise<Outcome> {
    trace('stop')
    this.#isStopping = true
    if (this.#drain !== undefined) this.#drain.cutShort()
    else {
      this.#main.stopping()
      await this.#reloads.abandon()
    }
    const late = [...(await this.#stopTree()), ...(this.#inheritance.crew?.late ?? [])]
    log.msg(this.#drain?.farewell(this.#inheritance.generation) ?? 'Main loop terminated.')
    await this.#has.control?.stopped({ late, status: statusOf(this.#ended(outcome, late)) })
    if (this.#drain !== undefined) this.#watchdog.rest()
    const last = await this.#reloads.outlive(this.#ended(outcome, late))
    await within(this.#plan.settings.stopTimeout, this.#cleanUp())
    return last
  }

  /** What has come of a stop that was to end so. */
  #ended(outcome: Outcome, late: readonly string[]): Outcome {
    const failed = late.length > 0 || this.#isBroken
    return failed ? { status: ExitStatus.SOFTWARE } : outcome
  }

  /** Returns the paths of the services that were late. */
  async #stopTree(): Promise<readonly string[]> {
    this.#isStarting = false
    this.#isStopping = true
    const { application, control } = this.#has
    if (application === undefined) return []
    const { stopTimeout } = this.#plan.settings
    const late = await stopApplication(application, stopTimeout, this.#watchdog, control)
    // It has told till now that it is not ready.
    await this.#has.monitor?.close()
    return late
  }

  /** A start that failed: what is left of it is stopped before anybody hears. */
  async fail(error: unknown): Promise<Complaint> {
    const isMade = this.#has.application !== undefined
    const failed = { name: nameOf(this.#plan.source), isMade, uncaught: this.#uncaught }
    const complaint = logStartComplaint(error, failed)
    this.#main.failed(complaint.line)
    await this.#stopTree()
    await within(this.#plan.settings.stopTimeout, this.#cleanUp())
    return complaint
  }

  #cleanUp(): Promise<void> | void {
    const isLast = this.#isCurrent && this.#drain === undefined
    return this.#has.giveBack(isLast ? 'Server Shut Down.' : undefined)
  }
}
