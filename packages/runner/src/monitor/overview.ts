import type { PluginStatus, RunStatus } from '../control/run-status.ts'
import type { Sample } from './history.ts'
import type { LogLine } from './log-tail.ts'
import type { Phase } from './phase.ts'
import type { Readiness } from './readiness.ts'

/**
 * All that a page shows of a run: its status, without what is told to its owner only
 * (paths of files), how ready it is, how it was, and what it logged last.
 */
export interface Overview extends Omit<RunStatus, Told> {
  readonly phase: Phase
  readonly plugin: Omit<PluginStatus, 'file'> | null
  readonly ready: Readiness
  /** Oldest first; empty without a monitor, as `log` is. */
  readonly history: readonly Sample[]
  readonly log: readonly LogLine[]
}

type Told = 'plugin' | 'tacFile' | 'pidFile' | 'controlSocket' | 'logFile'

/** Puts one together. */
export function overviewOf(
  status: RunStatus,
  more: Pick<Overview, 'phase' | 'ready' | 'history' | 'log'>,
): Overview {
  const { tacFile, pidFile, controlSocket, logFile, plugin, ...told } = status
  if (plugin === null) return { ...told, plugin, ...more }
  const { file, ...ofPlugin } = plugin
  return { ...told, plugin: ofPlugin, ...more }
}
