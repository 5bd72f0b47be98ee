/**
 * What a process does that is one worker of several: what a run does in one process,
 * but that the process that has started it holds the sockets, the pid file and the
 * control socket, and hears how it is.
 */
import { closeSync } from 'node:fs'
import { setSocketSource } from '@runnerd/internet/sockets'
import { log } from '@runnerd/logging'
import type { Application } from '@runnerd/service'
import { complaintOf } from './complaint.ts'
import type { ControlledRun } from './control/controlled-run.ts'
import type { RunControl } from './control/open-control.ts'
import { PID_FILE_FD } from './generation.ts'
import { GenerationChannel, type Wire } from './generation-channel.ts'
import { type AttachedRun, firstGeneration, type Inheritance } from './inheritance.ts'
import type { Watch } from './monitor/watch.ts'
import type { Outcome } from './outcome.ts'
import { noPidFile } from './pid-file.ts'
import type { Plan } from './plan.ts'
import { planAgain } from './plan-again.ts'
import type { run, StartListener } from './run.ts'
import { shedPrivileges } from './shed-privileges.ts'
import type { StopSignal } from './stop-signals.ts'
import { Heart } from './workers/heart.ts'
import { mustLeaveRotation, withoutRotation } from './workers/leave-rotation.ts'
import type { WorkerRole } from './workers/roles.ts'
import type { WorkerFacts, WorkOrder } from './workers/worker-terms.ts'

const DONE = { body: undefined }

/** How long one that has never served may take to end when nobody wants it any more, in ms. */
const PATIENCE = 1000

/** Waits to be told to start, and works to the end. */
export async function becomeWorker(runPlan: typeof run): Promise<Outcome> {
  // The channel keeps no process up.
  const keepAlive = setInterval(() => {}, 2 ** 31 - 1)
  const outcome = await new Promise<Outcome>((resolve) => {
    new Worker(runPlan, resolve)
  })
  clearInterval(keepAlive)
  return outcome
}

/** The run of this process, as one worker of several. */
class Worker {
  readonly #runPlan: typeof run
  readonly #end: (outcome: Outcome) => void
  readonly #channel: GenerationChannel
  readonly #heart: Heart
  #application: Application | undefined
  #controlled: ControlledRun | undefined
  #run: AttachedRun | undefined
  #leavesRotation = false
  #isReady = false

  constructor(runPlan: typeof run, end: (outcome: Outcome) => void) {
    this.#runPlan = runPlan
    this.#end = end
    this.#channel = new GenerationChannel(process as unknown as Wire, {
      work: (order) => this.#work(order),
      status: async () => ({ body: this.#attached().ownStatus() }),
      health: async () => ({ body: await (await this.#watch()).readiness() }),
      metrics: async () => ({ body: await (await this.#watch()).families() }),
      tail: async () => ({ body: (await this.#watch()).tail }),
      debug: async () => {
        const body = await this.#attached().debug()
        // Who comes to the first breakpoint does so before the next beat.
        await this.#heart.beat()
        return { body }
      },
      profile: async ({ seconds }) => {
        const { signal } = new AbortController()
        return { body: await this.#attached().profile(seconds, signal) }
      },
      heap: async ({ path }) => {
        // All stands still while it is written.
        await this.#heart.beat(true)
        process.getBuiltinModule('node:v8').writeHeapSnapshot(path)
        return DONE
      },
      log: async (change) => {
        await this.#attached().log?.put(this.#leavesRotation ? withoutRotation(change) : change)
        return DONE
      },
      stop: async ({ signal }) => {
        this.#stop(signal)
        return DONE
      },
      retire: async () => {
        this.#run?.retire()
        return DONE
      },
    })
    this.#heart = new Heart(this.#channel)
    process.channel?.unref()
    this.#channel.closed.then(() => this.#endAlone())
  }

  /** Answered when the run has started, or has failed to. */
  #work(order: WorkOrder): Promise<{ body: WorkerFacts }> {
    return new Promise((resolve, reject) => {
      const failed: StartListener['failed'] = ({ line, status, hint }) =>
        reject(Object.assign(new Error(line), { exitStatus: status, hint }))
      this.#toTheEnd(order, (facts) => resolve({ body: facts }), failed).then(async (outcome) => {
        // A signal may have ended the start.
        reject(new Error('it was stopped before it was ready'))
        await this.#channel.flushed()
        this.#end(outcome)
      })
    })
  }

  async #toTheEnd(
    order: WorkOrder,
    started: (facts: WorkerFacts) => void,
    failed: StartListener['failed'],
  ): Promise<Outcome> {
    try {
      const plan = order.plan ?? (await planAgain(order.launch))
      process.umask(order.launch.umask)
      setSocketSource(
        async (spec, nth) => (await this.#channel.ask('socket', { spec, nth })).handle,
      )
      const listener = { started: () => this.#tellReady(plan, started), failed }
      const own = { ...plan, settings: { ...plan.settings, pidfile: undefined } }
      return await this.#runPlan(own, listener, this.#inherit(order))
    } catch (error) {
      const complaint = complaintOf(error, 'cannot run')
      failed(complaint)
      return { status: complaint.status }
    }
  }

  #inherit({ generation, number }: WorkOrder): Inheritance {
    return {
      ...firstGeneration(),
      generation,
      pidFile: noPidFile,
      parent: this.#channel,
      attach: (run) => {
        this.#run = run
      },
      worker: this.#role(number),
    }
  }

  #role(number: number): WorkerRole {
    return {
      number,
      openControl: (controlled) => {
        this.#application = controlled.application
        this.#controlled = controlled
        return this.#control()
      },
      changeIdentity: (identity, { euid }, file) => {
        shedPrivileges(identity, euid)
        this.#leavesRotation = mustLeaveRotation(file)
        if (this.#leavesRotation) file.configure(withoutRotation({}))
        return undefined
      },
      done: () => {
        this.#channel.ask('done', undefined).catch(() => {})
      },
    }
  }

  #control(): RunControl {
    return {
      handle: undefined,
      giveTo() {},
      enterAgain() {},
      letGo() {},
      cutShort() {},
      remove() {},
      stopped: async ({ late }) => {
        if (late.length > 0) await this.#channel.ask('stopped', { late }).catch(() => {})
      },
    }
  }

  #tellReady(plan: Plan, started: (facts: WorkerFacts) => void): void {
    const { name, processName, uid, gid } = this.#application as Application
    this.#isReady = true
    this.#heart.start(plan.settings.workerTimeout)
    started({ plan, name: name ?? '', processName, uid, gid })
  }

  async #watch(): Promise<Watch> {
    return (await this.#attached().watching()).watch
  }

  #attached(): ControlledRun {
    if (this.#controlled === undefined) throw new Error('it has not started')
    return this.#controlled
  }

  /** Whoever started it is gone: its ports are to be free for another start, and then it is to end. */
  #endAlone(): void {
    log.warn('The process that started this worker is gone, shutting down.')
    // Closes what listens at once, whatever takes its time to stop.
    Promise.resolve(this.#application?.drain()).catch(() => {})
    // The next start waits for that, and then needs to wait for nothing more.
    if (this.#isReady) setImmediate(() => closeSync(PID_FILE_FD))
    else setTimeout(() => process.kill(process.pid, 'SIGKILL'), PATIENCE)
    this.#stop('SIGTERM')
  }

  #stop(signal: StopSignal): void {
    // Before there is a run nothing catches it.
    if (this.#run === undefined) process.kill(process.pid, signal)
    else this.#run.stopBy(signal)
  }
}
