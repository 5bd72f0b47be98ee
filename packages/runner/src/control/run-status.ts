import type { IService, ListenerDescription, ServiceState } from '@runnerd/service'
import type { Plan, RunnerSettings, Source } from '../plan.ts'
import { VERSION } from '../version.ts'
import type { LeavingStatus, WorkerStatus } from '../workers/crew-status.ts'
import { controlPath } from './control-path.ts'
import type { LoopLag } from './loop-lag.ts'
import { memoryInUse } from './memory-in-use.ts'
import {
  listenersIn,
  type OwnedListener,
  type ServiceStatus,
  serviceStatus,
} from './service-status.ts'

/** All that a daemon tells of itself. It is JSON, and documented in docs/operations.md. */
export interface RunStatus {
  readonly name: string
  readonly state: ServiceState
  /** ISO dates. */
  readonly since: string | null
  readonly startedAt: string
  readonly pid: number
  readonly generation: number
  /** Of runner and of Node. */
  readonly versions: { readonly runner: string; readonly node: string }
  /** `null` for an application from a tac file. */
  readonly plugin: PluginStatus | null
  readonly tacFile: string | null
  readonly pidFile: string | null
  readonly controlSocket: string | null
  readonly logsTo: 'file' | 'stdout' | 'syslog' | 'logger'
  /** `null` unless it logs to a file. */
  readonly logFile: string | null
  /** Where the monitor is; `null` without one. */
  readonly monitor: ListenerDescription | null
  /** Seconds of a processor that it has used. */
  readonly cpu: { readonly seconds: number }
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly heapTotal: number }
  /** Milliseconds. */
  readonly loopLag: LoopLag
  readonly connections: { readonly open: number; readonly total: number }
  /** Those of the services. */
  readonly listeners: readonly OwnedListener[]
  readonly services: readonly ServiceStatus[]
  /** Not there without --workers. */
  readonly workers?: readonly WorkerStatus[]
  /** Those that are to end since a reload, and have not. */
  readonly leaving?: readonly LeavingStatus[]
}

/** Where a plugin came from. */
export interface PluginStatus {
  readonly tapname: string
  readonly file: string
  /** The npm package that it is in, if any, and the version of that. */
  readonly package: string | null
  readonly version: string | null
}

/** What a status is made of. */
export interface RunFacts {
  readonly plan: Plan
  readonly application: IService
  readonly generation: number
  readonly startedAt: Date
  readonly lag: LoopLag
  readonly monitor: ListenerDescription | null
}

/** Puts together how this process is now. */
export function runStatus(facts: RunFacts): RunStatus {
  const { plan, application, generation, startedAt, lag, monitor } = facts
  const { settings, source } = plan
  const { user, system } = process.cpuUsage()
  const { name, state, since, services } = serviceStatus(application)
  const listeners = services.flatMap(listenersIn)
  const sum = (of: 'open' | 'total'): number =>
    listeners.reduce((total, { connections }) => total + (connections?.[of] ?? 0), 0)
  return {
    name,
    state,
    since,
    startedAt: startedAt.toISOString(),
    pid: process.pid,
    generation,
    versions: { runner: VERSION, node: process.version },
    plugin: source.kind === 'plugin' ? pluginStatus(source) : null,
    tacFile: source.kind === 'tac' ? source.file : null,
    pidFile: settings.pidfile ?? null,
    controlSocket: settings.pidfile === undefined ? null : controlPath(settings.pidfile),
    ...logStatus(settings),
    monitor,
    cpu: { seconds: (user + system) / 1e6 },
    memory: memoryInUse(),
    loopLag: lag,
    connections: { open: sum('open'), total: sum('total') },
    listeners,
    services,
  }
}

function pluginStatus({
  tapname,
  file,
  package: of,
}: Extract<Source, { kind: 'plugin' }>): PluginStatus {
  return { tapname, file, package: of?.name ?? null, version: of?.version ?? null }
}

/** In the order of `openLog`. */
function logStatus({
  logger,
  syslog,
  logfile,
}: RunnerSettings): Pick<RunStatus, 'logsTo' | 'logFile'> {
  if (logger !== undefined) return { logsTo: 'logger', logFile: null }
  if (syslog !== undefined) return { logsTo: 'syslog', logFile: null }
  if (logfile === undefined) return { logsTo: 'stdout', logFile: null }
  return { logsTo: 'file', logFile: logfile }
}
