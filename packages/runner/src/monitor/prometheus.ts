/**
 * What Prometheus reads, by prom-client: a part of its own, loaded when somebody asks for
 * metrics or a monitor is on.
 */
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import type { MetricFamily, MetricValue } from './metric-family.ts'

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

/** Writes the families of several processes: of one name as one, of what is known. */
export async function textOf(processes: readonly (readonly MetricFamily[])[]): Promise<string> {
  const merged = new Map<string, { head: Omit<MetricFamily, 'values'>; values: MetricValue[] }>()
  for (const { values, ...head } of processes.flat()) {
    const family = merged.get(head.name) ?? { head, values: [] }
    merged.set(head.name, family)
    // No two processes have the same labels: there is nothing to sum.
    for (const each of values) {
      const value = Number(each.value ?? Number.NaN)
      // prom-client's for what it has not seen yet, and it writes it as no parser need take it.
      if (!Number.isNaN(value)) family.values.push({ ...each, value })
    }
  }
  const registry = new Registry()
  for (const { head, values } of merged.values()) {
    if (values.length > 0) registry.registerMetric(writable({ ...head, values }))
  }
  return await registry.metrics()
}

/** All that is asked of a metric that is only to be written. */
function writable(family: MetricFamily): Metric {
  return { name: family.name, get: async () => family } as unknown as Metric
}
