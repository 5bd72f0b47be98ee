/**
 * A run with workers: what holds the sockets, the pid file and the control socket,
 * and starts, watches and replaces the processes that serve. No code of a plugin's
 * runs in it.
 */
import { type LogFile, type LogSettings, log } from '@runnerd/logging'
import { Application } from '@runnerd/service'
import type { LogControl } from './control/controlled.ts'
import type { Reloaded } from './generation-channel.ts'
import { type AttachedRun, firstGeneration, type Inheritance } from './inheritance.ts'
import type { Keeper } from './keeper.ts'
import type { Outcome } from './outcome.ts'
import { nameOf, type Plan } from './plan.ts'
import { cannotReload } from './reload-errors.ts'
import { sdNotify } from './sd-notify.ts'
import { reloading, serving } from './unit-status.ts'
import { Crew } from './workers/crew.ts'
import { crewStatus } from './workers/crew-status.ts'
import { InspectedCrew } from './workers/inspected-crew.ts'
import { timeToEnd } from './workers/leaving-workers.ts'
import type { CrewRole } from './workers/roles.ts'
import { rotateFor } from './workers/rotate-for.ts'

/** What the run of this process is, when there are to be workers. */
export function withWorkers(plan: Plan): { plan: Plan; inheritance: Inheritance } {
  const { settings } = plan
  const crew = new CrewRun(plan)
  // Longer than that of the workers, who have their own.
  const stopTimeout = timeToEnd(settings.stopTimeout) + 1
  return {
    plan: { ...plan, settings: { ...settings, stopTimeout } },
    inheritance: { ...firstGeneration(), attach: (run) => crew.attach(run), crew },
  }
}

/** The run of this process, as its workers and its operator see it. */
class CrewRun implements CrewRole {
  readonly #plan: Plan
  readonly #application: Application
  readonly #crew: Crew
  #run: AttachedRun | undefined
  #end: (outcome: Outcome) => void = () => {}

  constructor(plan: Plan) {
    this.#plan = plan
    this.#application = new Application(nameOf(plan.source))
    const pidFileFd = (): number | undefined => this.#run?.pidFile?.fd
    this.#crew = new Crew(plan, {
      get pidFileFd() {
        return pidFileFd()
      },
      end: (status) => this.#end({ status }),
      reload: () => (this.#run as AttachedRun).reload(),
      started: ({ name, processName, uid, gid }) => {
        this.#application.setName(name)
        Object.assign(this.#application, { uid, gid })
        if (!plan.settings.originalname) process.title = processName ?? `runner ${name}`
      },
    })
  }

  attach(run: AttachedRun): void {
    this.#run = run
  }

  makeApplication(end: (outcome: Outcome) => void): Application {
    this.#end = end
    void this.#crew.setServiceParent(this.#application)
    return this.#application
  }

  shed(file: LogFile, keeper: Keeper | undefined): void {
    if (keeper?.log) rotateFor(file)
  }

  extras(own: LogControl): ReturnType<CrewRole['extras']> {
    const put = async (change: Readonly<Record<string, unknown>>): Promise<object> => {
      const settings = await own.put(change)
      await this.#crew.log(change, settings as LogSettings)
      return settings
    }
    return {
      status: (status) => crewStatus(status, this.#crew),
      log: { get: own.get, put },
      inspected: new InspectedCrew(this.#crew),
      crew: this.#crew,
    }
  }

  get late(): readonly string[] {
    return this.#crew.late
  }

  async reload(): Promise<Reloaded> {
    sdNotify(reloading())
    let failed: string | undefined
    try {
      return await this.#crew.renew()
    } catch (error) {
      const complaint = cannotReload(error, this.#plan.source)
      log.error(complaint.message)
      failed = complaint.message
      throw complaint
    } finally {
      const { workers } = this.#plan.settings
      sdNotify(serving(this.#crew.generation, { workers, failed }))
    }
  }

  kill(): void {
    this.#crew.kill()
  }
}
