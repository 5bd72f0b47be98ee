import { type BoundHandle, boundSockets } from '@runnerd/internet/sockets'
import { log } from '@runnerd/logging'
import { endAncestors, stillDraining } from './ancestors.ts'
import { checkLaunch } from './check-launch.ts'
import { ExitStatus } from './exit-status.ts'
import { type Generation, startGeneration } from './generation.ts'
import type { Answer, Beginning, Reloaded, WantedSocket } from './generation-channel.ts'
import { inTime } from './in-time.ts'
import type { Inheritance } from './inheritance.ts'
import { writePid } from './inherited-pid-file.ts'
import { lentSocket } from './lent-socket.ts'
import { LightParent } from './light-parent.ts'
import type { Outcome } from './outcome.ts'
import type { Plan } from './plan.ts'
import { beingStopped, cannotReload, endedEarly, refuseReload } from './reload-errors.ts'
import { canNotify, sdNotify } from './sd-notify.ts'
import type { StopSignal } from './stop-signals.ts'
import type { SucceededRun } from './succeeded-run.ts'
import { reloading, serving } from './unit-status.ts'

/** How long both generations serve before the older one goes, in seconds. */
const SETTLING = 1

/** How long a successor may take to take over, in seconds: a few system calls. */
const TAKING_OVER = 10

/**
 * Conducts the reloads of a run. The plan is not changed by them, for all runner's
 * own options are the same again: the words and the environment are.
 */
export class Conductor {
  readonly #plan: Plan
  readonly #inheritance: Inheritance
  readonly #run: SucceededRun
  /** Whether the generations after it are children of this process for good. */
  readonly #isParent: boolean
  #generation: number
  /** A successor that lives without this process. */
  #successor: Generation | undefined
  /** What this process is when the generations after it are its children. */
  #light: LightParent | undefined
  #stopping = false
  #endUnderway: (() => Promise<void>) | undefined
  #takingOver: Promise<unknown> | undefined
  #underway: Promise<unknown> | undefined

  constructor(plan: Plan, inheritance: Inheritance, run: SucceededRun) {
    this.#plan = plan
    this.#inheritance = inheritance
    this.#run = run
    // A service manager that can't be told of another main process waits for this one.
    this.#isParent = plan.settings.nodaemon && !canNotify()
    this.#generation = inheritance.generation
  }

  /**
   * Has a new generation take over, or leaves all as it is.
   *
   * @throws an error with the line, the hint and the status for whoever asked
   */
  async reload(): Promise<Reloaded> {
    if (this.#successor !== undefined) {
      return (await this.#successor.channel.ask('reload', undefined)).body
    }
    const replaced = this.#replace()
    this.#underway = replaced
    return await replaced
  }

  async #replace(): Promise<Reloaded> {
    sdNotify(reloading())
    try {
      refuseReload(this.#plan)
      if (this.#stopping) throw beingStopped()
      await this.#check()
      const next = await this.#startNext()
      this.#generation += 1
      // In a parent that has retired already, the child that served does so now.
      await this.#light?.follow(next)
      log.msg(`Generation ${this.#generation} with pid ${next.pid} has taken over.`)
      this.#giveWay(next)
      return { pid: next.pid, generation: this.#generation }
    } catch (error) {
      const complaint = cannotReload(error, this.#plan.source)
      if (!this.#stopping) sdNotify(serving(this.#generation, { failed: complaint.message }))
      log.error(complaint.message)
      throw complaint
    } finally {
      this.#endUnderway = undefined
    }
  }

  /** The run is about to stop: a successor that hasn't taken over is ended. */
  async abandon(): Promise<void> {
    this.#stopping = true
    await this.#endUnderway?.()
    await this.#underway?.catch(() => {})
  }

  /**
   * What is left to do when the run has stopped.
   *
   * @param answered resolves when whoever asked for a reload has been answered
   */
  async outlive(outcome: Outcome, answered: () => Promise<void>): Promise<Outcome> {
    if (this.#light !== undefined) return await this.#light.end()
    const { ancestors, predecessorGone, stopPredecessor } = this.#inheritance
    if (this.#successor === undefined) {
      await endAncestors(ancestors(), this.#plan.settings.stopTimeout, stopPredecessor)
    } else if ('status' in outcome && outcome.status === ExitStatus.OK) {
      // What the one before this is asked for it asks of this one, and this of the next.
      const asked = predecessorGone.then(answered)
      await Promise.race([asked, this.#successor.channel.closed])
    }
    return outcome
  }

  async #check(): Promise<void> {
    const { launch, settings } = this.#plan
    const { environment } = this.#inheritance
    const check = checkLaunch(launch, environment, settings.startTimeout)
    this.#endUnderway = check.end
    const failure = await check.passed.then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    // It may have been ended for that.
    if (this.#stopping) throw beingStopped()
    if (failure !== undefined) throw failure.error
  }

  async #startNext(): Promise<Generation> {
    const { launch, settings } = this.#plan
    const { keeper } = this.#run
    const { environment } = this.#inheritance
    // Where it never is the one that is named, it still holds the lock as long as its ports.
    const pidFileFd = this.#run.pidFile.fd
    const next = await startGeneration({
      launch,
      environment,
      orphan: !this.#isParent && isUnit(environment),
      pidFileFd,
      keeperFds: keeper?.fds,
      answers: {
        socket: (wanted) => this.#lend(wanted),
        control: () => this.#lendControl(),
        reload: async () => ({ body: await this.#run.reload() }),
        stop: ({ signal }) => this.#stopBy(signal),
      },
    })
    this.#endUnderway = () => next.end()
    try {
      if (this.#stopping) throw beingStopped()
      const begun = next.channel.ask('begin', {
        launch,
        generation: this.#generation + 1,
        startedBy: process.pid,
        alone: !this.#isParent,
        has: { pidFile: pidFileFd !== undefined, keeper: keeper?.log },
      } satisfies Beginning)
      await inTime(settings.startTimeout, 'not ready', begun)
      await this.#settle(next)
      this.#takingOver = this.#haveItTakeOver(next)
      await this.#takingOver
      return next
    } catch (error) {
      const how = (error as { code?: unknown }).code === 'ERR_GENERATION_GONE'
      await next.end()
      this.#takeBack()
      if (this.#stopping) throw beingStopped()
      throw how ? endedEarly(await next.ended, 'before it was ready') : error
    } finally {
      this.#takingOver = undefined
    }
  }

  /** Both serve for a moment: what ends at once has not been ready. */
  async #settle(next: Generation): Promise<void> {
    const early = next.ended.then((end) => {
      throw endedEarly(end, 'just after it was ready')
    })
    // It will end one day.
    early.catch(() => {})
    await Promise.race([early, new Promise((resolve) => setTimeout(resolve, SETTLING * 1000))])
  }

  async #haveItTakeOver(next: Generation): Promise<void> {
    this.#endUnderway = undefined
    const ancestors = this.#isParent ? [] : stillDraining(this.#inheritance.ancestors())
    await inTime(TAKING_OVER, 'not taken over', next.channel.ask('takeOver', { ancestors }))
  }

  /** The successor may have got as far as to name itself. */
  #takeBack(): void {
    for (const socket of boundSockets()) socket.shared = false
    if (this.#takingOver === undefined) return
    const { pidFile, keeper } = this.#run
    if (pidFile.fd !== undefined) writePid(pidFile.fd, process.pid)
    try {
      keeper?.name(process.pid)
    } catch {
      // It is gone, and keeps nothing any more.
    }
  }

  #giveWay(next: Generation): void {
    if (this.#light !== undefined) return
    if (this.#isParent) {
      const { stopTimeout } = this.#plan.settings
      const stop = (): void => this.#run.stop()
      this.#light = new LightParent(next, stop, () => this.abandon(), stopTimeout)
    } else {
      this.#successor = next
      sdNotify(`MAINPID=${next.pid}\nWATCHDOG=1\n${serving(this.#generation)}`)
      this.#run.pidFile.handOn()
    }
    this.#run.retire()
    // The stop was meant for all of it, whoever serves by now.
    if (this.#stopping) next.stop('SIGTERM')
  }

  /** The successor is stopped, and with it what is left of those before. */
  async #stopBy(signal: StopSignal): Promise<Answer<undefined>> {
    this.#run.stopBy(signal)
    await this.#inheritance.stopPredecessor(signal)
    return { body: undefined }
  }

  async #lend(wanted: WantedSocket): Promise<Answer<undefined>> {
    const lender = this.#light?.current
    if (lender === undefined) return { body: undefined, handle: await lentSocket(wanted) }
    return passedOn(await lender.channel.ask('socket', wanted))
  }

  async #lendControl(): Promise<Answer<undefined>> {
    const lender = this.#light?.current
    if (lender === undefined) return { body: undefined, handle: this.#run.control }
    return passedOn(await lender.channel.ask('control', undefined))
  }
}

/** Whether systemd has started it, which knows its main process by its child only. */
function isUnit(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment.NOTIFY_SOCKET || environment.INVOCATION_ID)
}

/** This process has it only to hand it on. */
function passedOn({ handle }: { handle: BoundHandle | undefined }): Answer<undefined> {
  return { body: undefined, handle, sent: () => handle?.close() }
}
