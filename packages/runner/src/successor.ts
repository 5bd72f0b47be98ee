/**
 * What a process does that another generation has started: it reads the words anew
 * that runner was called with, and runs what they ask for on the sockets that it is
 * handed.
 */
import { closeSync } from 'node:fs'
import {
  boundSocket,
  boundSockets,
  descriptorSpec,
  keepInherited,
  passedDescriptors,
  setSocketSource,
} from '@runnerd/internet/sockets'
import { complaintOf } from './complaint.ts'
import type { PipeHandle } from './control/bind-control.ts'
import type { ExitStatus } from './exit-status.ts'
import { KEEPER_ANSWERS_FD, KEEPER_FD, PID_FILE_FD } from './generation.ts'
import {
  type Ancestor,
  type Beginning,
  GenerationChannel,
  type WantedSocket,
  type Wire,
} from './generation-channel.ts'
import type { AttachedRun, Inheritance } from './inheritance.ts'
import { type InheritedPidFile, inheritedPidFile } from './inherited-pid-file.ts'
import { keeperAt } from './keeper.ts'
import { lentSocket } from './lent-socket.ts'
import type { Outcome } from './outcome.ts'
import { noPidFile } from './pid-file.ts'
import type { Plan } from './plan.ts'
import { planAgain } from './plan-again.ts'
import { PredecessorGuard } from './predecessor-guard.ts'
import type { run, StartListener } from './run.ts'
import { RunnerError } from './runner-error.ts'
import { takeWatchdog } from './sd-watchdog.ts'
import { longestSilence, longestStop } from './stop-deadlines.ts'
import type { StopSignal } from './stop-signals.ts'

const DONE = { body: undefined }

/** Waits to be told to begin, and runs to the end. */
export async function becomeSuccessor(runPlan: typeof run): Promise<Outcome> {
  // The channel keeps no process up.
  const keepAlive = setInterval(() => {}, 2 ** 31 - 1)
  const outcome = await new Promise<Outcome>((resolve) => {
    new Successor(runPlan, resolve)
  })
  clearInterval(keepAlive)
  return outcome
}

/** The run of this process, as the process that has started it sees it. */
class Successor {
  readonly #runPlan: typeof run
  readonly #end: (outcome: Outcome) => void
  readonly #channel: GenerationChannel
  #pidFile: InheritedPidFile | undefined
  #inheritance: Inheritance | undefined
  #run: AttachedRun | undefined
  #guard: PredecessorGuard | undefined
  #ancestors: readonly Ancestor[] = []
  #stopTimeout = 0
  #hasTakenOver = false
  /** Whoever started it may go: it has taken over from it. */
  #standsAlone = false

  constructor(runPlan: typeof run, end: (outcome: Outcome) => void) {
    this.#runPlan = runPlan
    this.#end = end
    this.#channel = new GenerationChannel(process as unknown as Wire, {
      begin: (beginning) => this.#begin(beginning),
      takeOver: async ({ ancestors }) => {
        this.#ancestors = ancestors
        await this.#takeOver()
        return DONE
      },
      socket: async (wanted) => ({ body: undefined, handle: await lentSocket(wanted) }),
      control: async () => ({ body: undefined, handle: this.#run?.control }),
      retire: async () => {
        this.#run?.retire()
        return DONE
      },
      stop: async ({ signal }) => {
        this.#stop(signal)
        return DONE
      },
      reload: async () => ({ body: await this.#attached().reload() }),
    })
    process.channel?.unref()
    // It is written before this process is gone.
    process.on('exit', (status) => this.#channel.ask('exits', { status }).catch(() => {}))
    this.#channel.closed.then(() => {
      if (!this.#standsAlone) this.#endAlone()
    })
  }

  /** Answered when the run has started, or has failed to. */
  #begin(beginning: Beginning): Promise<{ body: { pid: number } }> {
    this.#guard = new PredecessorGuard(beginning.startedBy)
    takeWatchdog(beginning.startedBy)
    return new Promise((resolve, reject) => {
      const listener: StartListener = {
        started: () => resolve({ body: { pid: process.pid } }),
        failed: ({ line, status, hint }) =>
          reject(new RunnerError('ERR_RELOAD', status as ExitStatus, line, { hint })),
      }
      this.#toTheEnd(beginning, listener).then(async (outcome) => {
        // A signal may have ended the start.
        reject(new Error('it was stopped before it was ready'))
        await this.#channel.flushed()
        this.#end(outcome)
      })
    })
  }

  async #toTheEnd(beginning: Beginning, listener: StartListener): Promise<Outcome> {
    try {
      const plan = await planAgain(beginning.launch)
      setSocketSource((spec, nth) => this.#askFor({ spec, nth }))
      this.#inheritance = this.#inherit(beginning, plan)
      return await this.#runPlan(plan, listener, this.#inheritance)
    } catch (error) {
      const complaint = complaintOf(error, 'cannot run')
      listener.failed(complaint)
      return { status: complaint.status }
    }
  }

  async #askFor(wanted: WantedSocket): ReturnType<Parameters<typeof setSocketSource>[0] & {}> {
    try {
      return (await this.#channel.ask('socket', wanted)).handle
    } catch (error) {
      // What a service binds later on: there may be nobody to ask any more.
      if (this.#standsAlone) return undefined
      throw error
    }
  }

  #inherit({ generation, alone, has }: Beginning, { settings }: Plan): Inheritance {
    const { pidfile, stopTimeout } = settings
    this.#stopTimeout = stopTimeout
    if (has.pidFile && pidfile) this.#pidFile = inheritedPidFile(pidfile, PID_FILE_FD)
    const { keeper } = has
    return {
      generation,
      environment: { ...process.env },
      pidFile: this.#pidFile ?? noPidFile,
      keeper: keeper === undefined ? undefined : keeperAt([KEEPER_FD, KEEPER_ANSWERS_FD], keeper),
      parent: alone ? undefined : this.#channel,
      predecessorGone: this.#channel.closed,
      ancestors: () => this.#ancestors,
      stopPredecessor: async (signal) => {
        await this.#channel.ask('stop', { signal })
      },
      attach: (run) => {
        this.#run = run
      },
    }
  }

  async #takeOver(): Promise<void> {
    await this.#keepPassed()
    // The paths of UNIX sockets are this process's to remove now.
    for (const socket of boundSockets()) socket.shared = false
    const { keeper, parent } = this.#inheritance as Inheritance
    if (parent === undefined) {
      this.#pidFile?.takeOver()
      if (this.#pidFile) keeper?.name(process.pid)
      this.#standsAlone = true
    }
    this.#hasTakenOver = true
    if (this.#standsAlone) this.#guard?.rest()
    else this.#guard?.allow(longestStop(this.#stopTimeout))
    await this.#attached().takeOver(await this.#controlSocket())
  }

  /** What a service manager has passed is there for later generations too, used or not. */
  async #keepPassed(): Promise<void> {
    for (const descriptor of passedDescriptors(process.env)) {
      const wanted: WantedSocket = { spec: descriptorSpec(descriptor), nth: 0 }
      if (boundSocket(wanted.spec, wanted.nth) !== undefined) continue
      const handle = await this.#askFor(wanted)
      if (handle !== undefined) keepInherited(descriptor, handle)
    }
  }

  /** That of the one before; it makes its own if that one is gone by now. */
  async #controlSocket(): Promise<PipeHandle | undefined> {
    try {
      const { handle } = await this.#channel.ask('control', undefined)
      return handle as PipeHandle | undefined
    } catch (error) {
      const isGone = (error as { code?: unknown }).code === 'ERR_GENERATION_GONE'
      if (!this.#standsAlone || !isGone) throw error
      return undefined
    }
  }

  /** Whoever started it is gone: its ports are to be free for another start, and then it is to end. */
  #endAlone(): void {
    this.#run?.leavePorts()
    if (this.#hasTakenOver) {
      // It turns, and stops within the time that it has for that.
      this.#guard?.allow(longestSilence(this.#stopTimeout))
      // The next start waits for that, and then needs to wait for nothing more.
      if (this.#pidFile !== undefined) setImmediate(() => closeSync(PID_FILE_FD))
    }
    this.#stop('SIGTERM')
  }

  #stop(signal: StopSignal): void {
    // Before there is a run nothing catches it.
    if (this.#run === undefined) process.kill(process.pid, signal)
    else this.#run.stopBy(signal)
  }

  #attached(): AttachedRun {
    if (this.#run === undefined) throw new Error('it has not started')
    return this.#run
  }
}
