import { type LogFile, log } from '@runnerd/logging'
import { type Application, ServiceStoppedError } from '@runnerd/service'
import { enterState } from '@runnerd/service/service-state'
import { changeRoot, isJailed } from './change-root.ts'
import { type Complaint, complaintOf, isUnforeseen, isUsage } from './complaint.ts'
import type { PipeHandle } from './control/bind-control.ts'
import { openControl, type RunControl } from './control/open-control.ts'
import { drainApplication } from './drain-application.ts'
import { ExitStatus } from './exit-status.ts'
import { type AttachedRun, firstGeneration, type Inheritance } from './inheritance.ts'
import type { Keeper } from './keeper.ts'
import { logControl } from './log-control.ts'
import { makeApplication } from './make-application.ts'
import { openInspector } from './open-inspector.ts'
import { openLog } from './open-log.ts'
import { endWith, type Outcome } from './outcome.ts'
import { claimPidFile, noPidFile, type PidFile } from './pid-file.ts'
import { type Identity, nameOf, type Plan } from './plan.ts'
import type { SucceededRun } from './reload.ts'
import { Reloads } from './reloads.ts'
import { sdNotify } from './sd-notify.ts'
import { stopApplication } from './stop-application.ts'
import { catchStopSignals } from './stop-signals.ts'
import { sweepDrafts } from './sweep-drafts.ts'
import { trace } from './trace.ts'
import { Watchdog } from './watchdog.ts'
import { within } from './within.ts'

/** What hears how the start went: the daemon's parent, or an operator's terminal. */
export interface StartListener {
  started(): void
  failed(complaint: Complaint): void
}

/** The longest that a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

/**
 * Runs an application from the open log to its end, in this process: the
 * daemon's part of a run, and all of it in the foreground.
 *
 * @param inheritance what it has from the generation before it, if it is a successor
 */
export async function run(
  plan: Plan,
  listener: StartListener,
  inheritance?: Inheritance,
): Promise<Outcome> {
  const life = await lifeOf(plan, inheritance)
  try {
    const outcome = await Promise.race([life.start(), life.end])
    if (outcome !== undefined) return await life.stop(outcome)
    trace('report')
    listener.started()
    life.open()
    return await life.stop(await life.end)
  } catch (error) {
    const complaint = await life.fail(error)
    listener.failed(complaint)
    return { status: complaint.status }
  }
}

async function lifeOf(plan: Plan, inheritance: Inheritance | undefined): Promise<Life> {
  if (inheritance !== undefined) return new Life(plan, inheritance)
  if (plan.settings.workers === undefined) return new Life(plan, firstGeneration())
  const { withWorkers } = await import('./run-workers.ts')
  const own = withWorkers(plan)
  return new Life(own.plan, own.inheritance)
}

/** One run's belongings, and the steps that make and unmake them. */
class Life {
  /** When a signal, an error nobody caught or the application itself ends the run. */
  readonly end: Promise<Outcome>
  readonly #plan: Plan
  /** The settings, with their paths as this process has them when its root has changed. */
  #here: Plan['settings']
  readonly #finish: (outcome: Outcome) => void
  readonly #keepAlive: NodeJS.Timeout
  readonly #inheritance: Inheritance
  readonly #reloads: Reloads
  #file: LogFile | undefined
  #pidFile: PidFile = noPidFile
  #control: RunControl | undefined
  #keeper: Keeper | undefined
  #application: Application | undefined
  #attempt: string
  readonly #watchdog: Watchdog
  #isStarting = true
  #isStopping = false
  /** What made the start fail without any of its steps having failed. */
  #uncaught: { readonly error: unknown } | undefined
  /** An error that nobody caught came up when the start was over. */
  #isBroken = false
  #isRetired = false
  /** Whether it has been the one that serves: a successor is only when it takes over. */
  #isCurrent: boolean
  #endProfile = (): void => {}
  #fail: (error: unknown) => void = () => {}

  constructor(plan: Plan, inheritance: Inheritance) {
    let finish: (outcome: Outcome) => void = () => {}
    this.#plan = plan
    this.#here = plan.settings
    this.#watchdog = new Watchdog(plan.settings)
    this.#inheritance = inheritance
    this.#keeper = inheritance.keeper
    this.#isCurrent = inheritance.generation === 1 || inheritance.worker !== undefined
    this.#attempt = `cannot load ${nameOf(plan.source)}`
    this.end = new Promise((resolve) => {
      finish = resolve
    })
    this.#finish = finish
    const signaled = catchStopSignals((signal) => {
      log.warn(`Received ${signal} again, ending at once.`)
      inheritance.crew?.kill()
      this.cleanUp()
      endWith({ signal })
    })
    signaled.then((signal) => {
      log.msg(`Received ${signal}, shutting down.`)
      finish({ signal })
    })
    const seen = this.#asOthersSeeIt()
    this.#reloads = new Reloads(plan, inheritance, seen)
    inheritance.attach(seen)
    process.on('uncaughtException', (error) => this.#unforeseen(error))
    process.on('exit', () => {
      this.#watchdog.expectEnd()
      this.cleanUp()
    })
    // A service that holds nothing open is kept up all the same.
    this.#keepAlive = setInterval(() => {}, LONGEST)
  }

  async start(): Promise<undefined> {
    const { settings, source } = this.#plan
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    await Promise.race([this.#startSteps(settings, source), failed])
    this.#isStarting = false
  }

  async #startSteps(settings: Plan['settings'], source: Plan['source']): Promise<void> {
    this.#step('open the log')
    const { crew, worker, generation } = this.#inheritance
    this.#file = await openLog(settings, worker?.number)
    if (this.#keeper?.log) this.#file.setDirectory(this.#keeper.directory)
    if (settings.debug) openInspector()
    if (settings.profile !== undefined) {
      this.#endProfile = (await import('./record-profile.ts')).recordProfile(settings.profile)
    }
    this.#step('make the application')
    const application = crew?.makeApplication(this.#finish) ?? (await makeApplication(source))
    this.#application = application
    this.#attempt = `cannot start ${nameOf(source)}`
    if (!settings.originalname) process.title = titleOf(application, worker?.number)
    this.#step('set up the environment')
    const identity = identityFor(settings, application)
    if (isJailed(settings)) this.#here = await changeRoot(settings, this.#file, identity)
    process.chdir(this.#here.rundir)
    if (settings.umask !== undefined) process.umask(settings.umask)
    this.#pidFile = this.#inheritance.pidFile ?? this.#claimPidFile(this.#here.pidfile)
    if (worker || generation === 1) await this.#openControl()
    enterState(application, 'starting')
    this.#step('start privileged')
    await application.privilegedStartService()
    this.#step('shed privileges')
    // Of a crew's application only its workers know who it is to be.
    const shed = identityFor(settings, application)
    if (shed !== undefined) {
      const { changeIdentity } = worker ?? (await import('./change-identity.ts'))
      const isKept = isJailed(settings)
      this.#keeper ??= changeIdentity(shed, this.#here, this.#file, this.#control, isKept)
      crew?.shed(this.#file, this.#keeper)
    }
    this.#step('start')
    await application.startService()
    enterState(application, 'running')
    this.#endWithApplication(application)
  }

  /** A stop that came meanwhile ends the start: nothing may be begun that nobody would end. */
  #step(name: string): void {
    if (!this.#isStarting) throw new ServiceStoppedError()
    trace(name)
  }

  #claimPidFile(path: string | undefined): PidFile {
    if (path === undefined) return noPidFile
    const claimed = claimPidFile(path, 0o666 & ~process.umask(), () =>
      log.msg(`Removing stale pidfile ${path}`),
    )
    sweepDrafts(path)
    return claimed
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
    const application = this.#application as Application
    const log = logControl(this.#file as LogFile)
    if (worker !== undefined) {
      this.#control = worker.openControl({ plan: this.#plan, application, generation, log })
      return
    }
    this.#control = await openControl(
      this.#plan,
      application,
      () => this.#finish({ status: ExitStatus.OK }),
      {
        generation,
        reload: () => this.#reloads.request(),
        log,
        pidfile: this.#here.pidfile,
        ...crew?.extras(log),
      },
      handle,
    )
  }

  /** It can be succeeded from now on. */
  open(): void {
    const { generation, worker } = this.#inheritance
    // Of others whoever has started them tells.
    if (generation === 1 && worker === undefined) sdNotify('READY=1')
    this.#reloads.open()
  }

  /** What others may do with this run, as a successor and as one that is succeeded. */
  #asOthersSeeIt(): SucceededRun & AttachedRun {
    const life = this
    return {
      get pidFile() {
        return life.#pidFile
      },
      get keeper() {
        return life.#keeper
      },
      get control() {
        return life.#control?.handle
      },
      retire: () => void this.#retire(),
      takeOver: (control) => {
        this.#isCurrent = true
        return this.#openControl(control)
      },
      stop: () => this.#finish({ status: ExitStatus.OK }),
      reload: () => this.#reloads.request(),
    }
  }

  /** Another generation serves: what is open comes to its end, and then all is stopped. */
  async #retire(): Promise<void> {
    if (this.#isRetired || this.#application === undefined) return
    this.#isRetired = true
    this.#control?.letGo()
    trace('drain')
    const { drainTimeout } = this.#plan.settings
    this.#watchdog.start(drainTimeout)
    await drainApplication(this.#application, drainTimeout)
    this.#finish({ status: ExitStatus.OK })
  }

  async stop(outcome: Outcome): Promise<Outcome> {
    trace('stop')
    this.#isStopping = true
    if (!this.#isRetired) {
      if (this.#inheritance.worker === undefined) sdNotify('STOPPING=1')
      await this.#reloads.abandon()
    }
    const late = [...(await this.#stopTree()), ...(this.#inheritance.crew?.late ?? [])]
    log.msg(this.#isRetired ? this.#farewell() : 'Main loop terminated.')
    await this.#control?.stopped(late)
    const failed = late.length > 0 || this.#isBroken
    if (this.#isRetired) this.#watchdog.rest()
    const last = await this.#reloads.outlive(failed ? { status: ExitStatus.SOFTWARE } : outcome)
    await within(this.#plan.settings.stopTimeout, this.cleanUp())
    return last
  }

  /** Returns the paths of the services that were late. */
  async #stopTree(): Promise<readonly string[]> {
    this.#isStarting = false
    if (this.#application === undefined) return []
    const { stopTimeout } = this.#plan.settings
    return await stopApplication(this.#application, stopTimeout, this.#watchdog)
  }

  /** A start that failed: what is left of it is stopped before anybody hears. */
  async fail(error: unknown): Promise<Complaint> {
    const isUncaught = this.#uncaught !== undefined && Object.is(this.#uncaught.error, error)
    const attempt = isUsage(error) ? `cannot run ${nameOf(this.#plan.source)}` : this.#attempt
    const said = complaintOf(error, attempt)
    const complaint = isUncaught ? { ...said, status: ExitStatus.SOFTWARE } : said
    if (isUncaught || isUnforeseen(error)) log.err(error, complaint.line)
    else log.error(complaint.line)
    await this.#stopTree()
    await within(this.#plan.settings.stopTimeout, this.cleanUp())
    return complaint
  }

  #farewell(): string {
    return `Generation ${this.#inheritance.generation} with pid ${process.pid} has drained and stopped.`
  }

  /**
   * Whatever comes, the pid file goes and the log keeps all; doing it twice does
   * nothing. The promise is of a log that has lines under way.
   */
  cleanUp(): Promise<void> | void {
    clearInterval(this.#keepAlive)
    this.#control?.remove()
    this.#pidFile.remove()
    this.#endProfile()
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    if (this.#isCurrent && !this.#isRetired) log.msg('Server Shut Down.')
    return file.close()
  }
}

/** How `ps` shows it. */
function titleOf({ name, processName }: Application, worker: number | undefined): string {
  const title = processName ?? `runner ${name}`
  return worker === undefined ? title : `${title} worker ${worker}`
}

/** Whom the command line names, or else the application. */
function identityFor(
  { identity }: Plan['settings'],
  { uid, gid }: Application,
): Identity | undefined {
  if (identity !== undefined || (uid === undefined && gid === undefined)) return identity
  return { uid, gid, user: undefined }
}
