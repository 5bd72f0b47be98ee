import type { ConnectionCounts, IService, ListenerDescription } from '@runnerd/service'
import { stateOf } from '@runnerd/service/service-state'
import { attempt } from '../attempt.ts'
import { descriptionOf } from '../control/service-status.ts'
import type { LogCounts } from '../log-counts.ts'
import type { MetricFamilies, MetricHead } from './metric-family.ts'
import { runnerMetrics } from './runner-metrics.ts'
import { addServiceMetrics } from './service-metrics.ts'
import { servicesIn } from './services-in.ts'

const OF_CONNECTIONS: { readonly [name in keyof ConnectionCounts]?: MetricHead } = {
  open: runnerMetrics.connectionsOpen,
  total: runnerMetrics.connections,
  refused: runnerMetrics.refused,
  timedOut: runnerMetrics.timedOut,
  bytesIn: runnerMetrics.bytesIn,
  bytesOut: runnerMetrics.bytesOut,
}

/** Adds what the services of a tree say of themselves, and what is known of each. */
export function addTree(families: MetricFamilies, top: IService): void {
  for (const { service, path } of servicesIn(top)) {
    const isUp = attempt(() => stateOf(service).state) === 'running'
    families.add(runnerMetrics.serviceUp, isUp ? 1 : 0, { service: path })
    for (const listener of descriptionOf(service).listeners) addListener(families, path, listener)
    addServiceMetrics(families, service, path)
  }
}

/** Adds what the log of this process has come to. */
export function addLog(families: MetricFamilies, counts: LogCounts): void {
  for (const [level, lines] of Object.entries(counts.lines)) {
    families.add(runnerMetrics.logLines, lines, { level })
  }
  families.add(runnerMetrics.logLinesLost, counts.lost)
}

function addListener(families: MetricFamilies, service: string, each: ListenerDescription): void {
  const { kind, address, port, connections } = each
  if (connections === undefined) return
  const host = address.includes(':') && port !== undefined ? `[${address}]` : address
  const listener = `${kind}:${host}${port === undefined ? '' : `:${port}`}`
  for (const [of, head] of Object.entries(OF_CONNECTIONS)) {
    // A counter that comes only with its first event has lost that to Prometheus.
    const count =
      connections[of as keyof ConnectionCounts] ?? (of.startsWith('bytes') ? undefined : 0)
    if (count !== undefined) families.add(head, count, { service, listener })
  }
}
