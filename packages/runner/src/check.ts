import type { Application } from '@runnerd/service'
import { OF_RELOAD } from './check-of-reload.ts'
import { checkLog, checkPidFile, rehearse } from './check-outside.ts'
import { ExitStatus } from './exit-status.ts'
import { inTime } from './in-time.ts'
import { makeApplication } from './make-application.ts'
import { nameOf, type Plan } from './plan.ts'
import { print } from './print.ts'
import { printComplaint } from './print-complaint.ts'
import { readPidFile } from './read-pid-file.ts'
import { startComplaint } from './start-complaint.ts'

/**
 * Builds all that a run would, and starts nothing. Says on stderr what is wrong, as
 * the run would say it. This process is of no use afterwards: it may have become
 * another user's, in another root.
 *
 * @returns the status that a run would end with
 */
export async function check(plan: Plan): Promise<number> {
  // Before a plugin can see it.
  const isReload = process.env[OF_RELOAD] !== undefined
  delete process.env[OF_RELOAD]
  const made = await attempt(plan, (checking) => checking.make(isReload))
  return typeof made === 'number' ? made : ExitStatus.OK
}

/**
 * Makes the application of a run, and does nothing else that a run would. Says on stderr
 * what is wrong, as the run would say it.
 *
 * @returns the application, or the status that a run would end with
 */
export async function makeOrComplain(plan: Plan): Promise<Application | number> {
  return await attempt(plan, (checking) => checking.make(true))
}

async function attempt(
  plan: Plan,
  make: (checking: Check) => Promise<Application>,
): Promise<Application | number> {
  const checking = new Check(plan)
  try {
    const made = Promise.race([make(checking), checking.uncaught])
    // Its timer keeps the process up, as a run is, though nothing else may be open.
    return await inTime(plan.settings.startTimeout, checking.late, made)
  } catch (error) {
    return checking.fail(error)
  } finally {
    checking.isDone = true
  }
}

class Check {
  readonly #plan: Plan
  readonly #name: string
  /** Rejects with what is thrown where nobody could catch it. */
  readonly uncaught: Promise<never>
  isDone = false
  #isMade = false
  #uncaught: { readonly error: unknown } | undefined

  constructor(plan: Plan) {
    this.#plan = plan
    this.#name = nameOf(plan.source)
    this.uncaught = new Promise((_, reject) => {
      process.on('uncaughtException', (error) => {
        this.#uncaught ??= { error }
        reject(error)
      })
    })
    process.on('exit', (status) => {
      if (!this.isDone) process.exitCode = this.#exited(status)
    })
  }

  /** Takes the steps of a run that can be taken without a trace, in its order. */
  async make(onlyApplication: boolean): Promise<Application> {
    const { settings } = this.#plan
    const { nodaemon, pidfile, workers } = settings
    if (onlyApplication) return await makeApplication(this.#plan)
    if (!nodaemon && pidfile !== undefined) readPidFile(pidfile)
    await checkLog(settings)
    // The application is made by the workers, and these are started when all else is there.
    if (workers !== undefined) checkPidFile(pidfile)
    const application = await makeApplication(this.#plan)
    this.#isMade = true
    // For its key and certificate: an endpoint is there without being bound.
    if (settings.monitor) (await import('./daemon.ts')).door.serverFromString(settings.monitor)
    await rehearse(settings, application)
    return application
  }

  /** A daemon says what its parent would say of it; in the foreground there is nobody to wait. */
  get late(): string {
    return this.#plan.settings.nodaemon
      ? 'it has not resolved'
      : `cannot start ${this.#name}: not ready`
  }

  /** Says what is wrong, and returns its status. */
  fail(error: unknown): number {
    const { complaint, hasStack } = startComplaint(error, {
      name: this.#name,
      isMade: this.#isMade,
      uncaught: this.#uncaught,
    })
    if (hasStack) print(2, `${(error as Error)?.stack ?? error}\n`)
    printComplaint(complaint)
    return complaint.status
  }

  /** A plugin that ends the process would end the run; that it served nothing is no success. */
  #exited(status: number): number {
    if (!this.#plan.settings.nodaemon) {
      const line = `cannot start ${this.#name}: it exited with status ${status} before it was ready`
      printComplaint({ line, status })
      return ExitStatus.SOFTWARE
    }
    printComplaint({ line: `cannot load ${this.#name}: it ended the process`, status })
    return status === ExitStatus.OK ? ExitStatus.SOFTWARE : status
  }
}
