import type { RunStatus } from '../control/run-status.ts'

/** Between two samples, in ms, and how many are kept: ten minutes. */
const STEP = 5000
const MOST = 120

/** How a run was at one moment, all its processes together. */
export interface Sample {
  /** In ms since 1970. */
  readonly at: number
  /** Of one processor, over the time since the sample before: 1.5 is one and a half. */
  readonly cpu: number
  /** How late the event loop was, at worst, in ms. */
  readonly lag: number
  /** Bytes. */
  readonly rss: number
  readonly heapUsed: number
  readonly connections: number
  /** Since the start of each process: connections, and bytes in both directions. */
  readonly connectionsTotal: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** Samples of the last ten minutes, kept from now on: 120 objects, one status every 5 s. */
export class History {
  readonly #status: () => RunStatus | Promise<RunStatus>
  readonly #ring: Sample[] = []
  #before: { at: number; cpu: number } | undefined

  constructor(status: () => RunStatus | Promise<RunStatus>) {
    this.#status = status
    const take = (): unknown => this.#take().catch(() => {})
    take()
    setInterval(take, STEP).unref()
  }

  get samples(): readonly Sample[] {
    return [...this.#ring]
  }

  async #take(): Promise<void> {
    const status = await this.#status()
    const at = Date.now()
    const cpu = cpuOf(status)
    const { at: from, cpu: used } = this.#before ?? { at, cpu }
    this.#before = { at, cpu }
    this.#ring.push({
      at,
      // A worker that ended took what it had used with it.
      cpu: at > from ? Math.max(0, cpu - used) / ((at - from) / 1000) : 0,
      ...measuresOf(status),
    })
    if (this.#ring.length > MOST) this.#ring.shift()
  }
}

function cpuOf({ cpu, workers = [] }: RunStatus): number {
  return sum([cpu, ...workers.flatMap((each) => each.cpu ?? [])].map((each) => each.seconds))
}

function measuresOf(status: RunStatus): Omit<Sample, 'at' | 'cpu'> {
  const { memory, loopLag, connections, listeners, workers = [] } = status
  const memories = [memory, ...workers.flatMap((each) => each.memory ?? [])]
  const lags = [loopLag, ...workers.flatMap((each) => each.loopLag ?? [])]
  const bytes = (of: 'bytesIn' | 'bytesOut'): number =>
    sum(listeners.map((each) => each.connections?.[of] ?? 0))
  return {
    lag: Math.max(...lags.map(({ last }) => last)),
    rss: sum(memories.map(({ rss }) => rss)),
    heapUsed: sum(memories.map(({ heapUsed }) => heapUsed)),
    connections: connections.open,
    connectionsTotal: connections.total,
    bytesIn: bytes('bytesIn'),
    bytesOut: bytes('bytesOut'),
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0)
}
