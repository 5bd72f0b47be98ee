/**
 * What Prometheus reads, by prom-client: a part of its own, loaded when somebody asks for
 * metrics or a monitor is on.
 */
import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client'
import type { MetricFamily } from './metric-family.ts'

export const CONTENT_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE

/** What it reads in /proc, and has as 0 in a root without one. */
const FROM_PROC = /^process_(resident_memory|virtual_memory|heap)_bytes$|^process_open_fds$/

/** How often it looks at the event loop, in ms: at its own 10 the looks are most of what a monitor costs. */
const STEP = 50

/** prom-client's own metrics of Node and of this process, from now on. */
export class NodeMetrics {
  readonly #registry = new Registry()

  constructor() {
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: STEP })
  }

  async read(): Promise<readonly MetricFamily[]> {
    const all = (await this.#registry.getMetricsAsJSON()) as unknown as readonly MetricFamily[]
    return all.filter(({ name, values }) => !FROM_PROC.test(name) || values[0]?.value !== 0)
  }
}

/** Writes the families of several processes: of one name as one. */
export async function textOf(processes: readonly (readonly MetricFamily[])[]): Promise<string> {
  const all = processes.map((families) =>
    families.map((family) => ({
      ...family,
      // No two processes have the same labels: there is nothing to sum, nor to leave out.
      aggregator: 'first',
      // What is no number has become null on its way.
      values: family.values.map((each) => ({ ...each, value: each.value ?? Number.NaN })),
    })),
  )
  return await AggregatorRegistry.aggregate(all as never).metrics()
}
