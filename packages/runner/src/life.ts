import { type LogFile, log } from '@runnerd/logging'
import { type Application, ServiceStoppedError } from '@runnerd/service'
import { Belongings } from './belongings.ts'
import { type Complaint, complaintOf, isUnforeseen, isUsage } from './complaint.ts'
import type { PipeHandle } from './control/bind-control.ts'
import { openControl } from './control/open-control.ts'
import { Drain } from './drain.ts'
import { ExitStatus } from './exit-status.ts'
import type { AttachedRun, Inheritance } from './inheritance.ts'
import { logControl } from './log-control.ts'
import { MainProcess } from './main-process.ts'
import { endWith, type Outcome, statusOf } from './outcome.ts'
import { nameOf, type Plan } from './plan.ts'
import { Reloads } from './reloads.ts'
import { startRun } from './start-run.ts'
import { stopApplication } from './stop-application.ts'
import { hearStops, type StopRequests } from './stop-requests.ts'
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
    this.#stops = hearStops((signal) => {
      log.warn(`Received ${signal} again, ending at once.`)
      inheritance.crew?.kill()
      this.#cleanUp()
      endWith({ signal })
    })
    this.#stops.first.then((signal) => {
      log.msg(`Received ${signal}, shutting down.`)
      this.#finish({ signal })
    })
    const seen = this.#asOthersSeeIt()
    this.#reloads = new Reloads(plan, inheritance, seen)
    inheritance.attach(seen)
    process.on('uncaughtException', (error) => this.#unforeseen(error))
    process.on('exit', () => {
      this.#watchdog.expectEnd()
      this.#cleanUp()
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
      openControl: () => this.#openControl(),
      finish: this.#finish,
    })
    this.#endWithApplication(this.#has.application as Application)
  }

  /** A stop that came meanwhile ends the start: nothing may be begun that nobody would end. */
  #step(name: string): void {
    if (!this.#isStarting) throw new ServiceStoppedError()
    trace(name)
  }

  /** A tree that is stopped from within ends the run, as `reactor.stop()` does. */
  #endWithApplication(application: Application): void {
    const stopService = application.stopService
    application.stopService = () => {
      // At once, so that this stop too has its deadline.
      this.#finish({ status: ExitStatus.OK })
      if (!this.#isStopping) this.#inheritance.worker?.done()
      return stopService.call(application)
    }
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

  /** @param handle the socket of the generation before it */
  async #openControl(handle?: PipeHandle): Promise<void> {
    const { generation, crew, worker } = this.#inheritance
    const application = this.#has.application as Application
    const log = logControl(this.#has.file as LogFile)
    if (worker !== undefined) {
      this.#has.control = worker.openControl({ plan: this.#plan, application, generation, log })
      return
    }
    this.#has.control = await openControl(
      this.#plan,
      application,
      () => this.#finish({ status: ExitStatus.OK }),
      {
        generation,
        reload: () => this.#reloads.request(),
        log,
        pidfile: this.#has.settings.pidfile,
        ...crew?.extras(log),
      },
      handle,
    )
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
      takeOver: (control) => {
        this.#isCurrent = true
        this.#main.takeOver()
        return this.#openControl(control)
      },
      stop: () => this.#finish({ status: ExitStatus.OK }),
      stopBy: (signal) => this.#stops.say(signal),
      reload: () => this.#reloads.request(),
      leavePorts: () => {
        this.#has.control?.letGo()
        this.#has.application?.drain().catch(() => {})
      },
    }
  }

  /** Another generation serves: what is open comes to its end, and then all is stopped. */
  async #retire(): Promise<void> {
    if (this.#drain !== undefined || this.#has.application === undefined) return
    this.#drain = new Drain(this.#has.application)
    this.#main.handOver()
    this.#has.control?.letGo()
    trace('drain')
    const { drainTimeout } = this.#plan.settings
    this.#watchdog.start(drainTimeout)
    await this.#drain.run(drainTimeout)
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
    const { application, control } = this.#has
    if (application === undefined) return []
    const { stopTimeout } = this.#plan.settings
    return await stopApplication(application, stopTimeout, this.#watchdog, control)
  }

  /** A start that failed: what is left of it is stopped before anybody hears. */
  async fail(error: unknown): Promise<Complaint> {
    const isUncaught = this.#uncaught !== undefined && Object.is(this.#uncaught.error, error)
    const attempt = `cannot ${this.#verbFor(error)} ${nameOf(this.#plan.source)}`
    const said = complaintOf(error, attempt)
    const complaint = isUncaught ? { ...said, status: ExitStatus.SOFTWARE } : said
    if (isUncaught || isUnforeseen(error)) log.err(error, complaint.line)
    else log.error(complaint.line)
    this.#main.failed(complaint.line)
    await this.#stopTree()
    await within(this.#plan.settings.stopTimeout, this.#cleanUp())
    return complaint
  }

  #verbFor(error: unknown): string {
    if (isUsage(error)) return 'run'
    return this.#has.application === undefined ? 'load' : 'start'
  }

  #cleanUp(): Promise<void> | void {
    const isLast = this.#isCurrent && this.#drain === undefined
    return this.#has.giveBack(isLast ? 'Server Shut Down.' : undefined)
  }
}
