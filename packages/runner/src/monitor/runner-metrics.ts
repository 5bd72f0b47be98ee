import type { MetricHead } from './metric-family.ts'

export type RunnerMetric =
  | 'info'
  | 'generation'
  | 'ready'
  | 'serviceUp'
  | 'connectionsOpen'
  | 'connections'
  | 'refused'
  | 'timedOut'
  | 'bytesIn'
  | 'bytesOut'
  | 'logLines'
  | 'logLinesLost'
  | 'workers'
  | 'workerRestarts'

/** The metrics of runner's own: their names are a promise. Each has more labels where that is said. */
export const runnerMetrics: { readonly [of in RunnerMetric]: MetricHead } = {
  info: gauge('runner_info', 'What runs: 1, with its name and versions as labels.'),
  generation: gauge('runner_generation', 'How often it was started and reloaded, 1 at first.'),
  ready: gauge('runner_ready', '1 if it is ready, as /readyz says, else 0.'),
  serviceUp: gauge('runner_service_up', '1 for a service that runs, else 0.'),
  connectionsOpen: gauge('runner_connections_open', 'Connections that a listener has now.'),
  connections: counter('runner_connections_total', 'Connections that a listener has accepted.'),
  refused: counter(
    'runner_connections_refused_total',
    'Connections closed at once as there were too many.',
  ),
  timedOut: counter(
    'runner_connections_timed_out_total',
    'Connections closed as they were silent for too long.',
  ),
  bytesIn: counter('runner_received_bytes_total', 'Bytes received over the connections.'),
  bytesOut: counter('runner_sent_bytes_total', 'Bytes sent over the connections.'),
  logLines: counter('runner_log_lines_total', 'Lines logged, by level.'),
  logLinesLost: counter('runner_log_lines_lost_total', 'Log lines that could not be written.'),
  workers: gauge('runner_workers', 'Workers, by the state that they are in.'),
  workerRestarts: counter(
    'runner_worker_restarts_total',
    'Times that a worker was started again after it had ended.',
  ),
}

function gauge(name: string, help: string): MetricHead {
  return { name, help, type: 'gauge' }
}

function counter(name: string, help: string): MetricHead {
  return { name, help, type: 'counter' }
}
