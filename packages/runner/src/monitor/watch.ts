import type { IService } from '@runnerd/service'
import type { LoopLag } from '../control/loop-lag.ts'
import type { RunStatus } from '../control/run-status.ts'
import { inTime } from '../in-time.ts'
import type { LogCounts } from '../log-counts.ts'
import type { Plan } from '../plan.ts'
import { VERSION } from '../version.ts'
import type { Crew } from '../workers/crew.ts'
import type { WorkerProcess } from '../workers/worker-process.ts'
import { crewCheck } from './crew-checks.ts'
import { addCrew } from './crew-metrics.ts'
import { History } from './history.ts'
import { type LogLine, LogTail, newestOf } from './log-tail.ts'
import { MetricFamilies, type MetricFamily, ofWorker } from './metric-family.ts'
import { Once } from './once.ts'
import { type Overview, overviewOf } from './overview.ts'
import { addLog, addTree } from './own-metrics.ts'
import { type Phase, whyNotIn } from './phase.ts'
import type { NodeMetrics } from './prometheus.ts'
import { type Readiness, readinessOf } from './readiness.ts'
import { runnerMetrics } from './runner-metrics.ts'
import { serviceChecks } from './service-checks.ts'

/** How long a worker may take to tell what it has, in seconds. */
const PATIENCE = 3

/** What is watched. */
export interface WatchedRun {
  readonly plan: Plan
  readonly application: IService
  readonly generation: number
  readonly logged: LogCounts
  /** Its number, where it is one of several workers. */
  readonly worker?: number | undefined
  /** All of them, where it is what has started them. */
  readonly crew?: Crew | undefined
  phase(): Phase
  lag(): LoopLag
  status(): RunStatus | Promise<RunStatus>
}

/** What Prometheus reads, and what it is. */
interface MetricsText {
  readonly type: string
  readonly text: string
}

/** The health and the numbers of a run. Whoever asks while another does gets the same answer. */
export class Watch {
  readonly #run: WatchedRun
  readonly #tail: LogTail | undefined
  readonly #history: History | undefined
  #node: Promise<NodeMetrics> | undefined
  readonly #readiness = new Once(() => this.#lookAround())
  readonly #families = new Once(() => this.#gather())
  // Whoever asks a thousand times at once must not have it done a thousand times.
  readonly #metrics = new Once(() => this.#write())
  readonly #overview = new Once(() => this.#viewAll())

  constructor(run: WatchedRun) {
    this.#run = run
    if (run.plan.settings.monitor === undefined) return
    this.#tail = new LogTail(run.logged)
    // That of a worker is in its parent's.
    if (run.worker === undefined) this.#history = new History(() => run.status())
    // They count from now on.
    this.#prometheus().catch(() => {})
  }

  get name(): string {
    return this.#run.application.name ?? ''
  }

  /** That the event loop turns, which is so when this returns. */
  life(): Readiness {
    const { last } = this.#run.lag()
    return readinessOf([{ name: 'event-loop', ok: true, reason: `${last} ms late` }])
  }

  readiness(): Promise<Readiness> {
    return this.#readiness.get()
  }

  /** What this process has, without its workers. */
  families(): Promise<readonly MetricFamily[]> {
    return this.#families.get()
  }

  /** All there is, of all processes, as Prometheus reads it. */
  metrics(): Promise<MetricsText> {
    return this.#metrics.get()
  }

  /** The newest lines of the log of this process; none are kept without a monitor. */
  get tail(): readonly LogLine[] {
    return this.#tail?.lines ?? []
  }

  overview(): Promise<Overview> {
    return this.#overview.get()
  }

  async #write(): Promise<MetricsText> {
    const all = [this.families(), ...this.#askWorkers((worker) => worker.ask('metrics'), [])]
    const { CONTENT_TYPE, textOf } = await import('./prometheus.ts')
    return { type: CONTENT_TYPE, text: await textOf(await Promise.all(all)) }
  }

  async #viewAll(): Promise<Overview> {
    const asked = this.#askWorkers((worker) => worker.ask('tail'), [])
    const [status, ready, ...tails] = await Promise.all([
      this.#run.status(),
      this.readiness(),
      ...asked,
    ])
    return overviewOf(status, {
      phase: this.#run.phase(),
      ready,
      history: this.#history?.samples ?? [],
      log: newestOf([this.tail, ...tails]),
    })
  }

  async #lookAround(): Promise<Readiness> {
    const { application, crew } = this.#run
    const checks = crew ? [await crewCheck(crew)] : await serviceChecks(application)
    // It may have come to its end meanwhile.
    const reason = whyNotIn(this.#run.phase())
    return readinessOf([{ name: 'run', ok: reason === undefined, reason }, ...checks])
  }

  async #gather(): Promise<readonly MetricFamily[]> {
    const { application, crew, worker, logged } = this.#run
    const families = new MetricFamilies()
    if (worker === undefined) await this.#addRun(families)
    if (crew) addCrew(families, crew)
    else addTree(families, application)
    addLog(families, logged)
    const all = [...(await (await this.#prometheus()).read()), ...families.all]
    return worker === undefined ? all : ofWorker(all, worker)
  }

  async #addRun(families: MetricFamilies): Promise<void> {
    const { generation, crew } = this.#run
    const { ok } = await this.readiness()
    families.add(runnerMetrics.ready, ok ? 1 : 0)
    families.add(runnerMetrics.generation, crew?.generation ?? generation)
    families.add(runnerMetrics.info, 1, {
      name: this.name,
      version: VERSION,
      node: process.version,
    })
  }

  #prometheus(): Promise<NodeMetrics> {
    this.#node ??= import('./prometheus.ts').then(({ NodeMetrics }) => new NodeMetrics())
    return this.#node
  }

  /** @param otherwise what counts as the answer of one that gives none in time */
  #askWorkers<T>(
    ask: (worker: WorkerProcess) => Promise<T | undefined>,
    otherwise: T,
  ): Promise<T>[] {
    const workers = this.#run.crew?.slots.flatMap(({ current }) => current ?? []) ?? []
    return workers
      .filter(({ state }) => state === 'running')
      .map((worker) =>
        inTime(PATIENCE, 'no answer', ask(worker)).then(
          (answer) => answer ?? otherwise,
          () => otherwise,
        ),
      )
  }
}
