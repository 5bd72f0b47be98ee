/**
 * The process monitor, for tac files that put its parts together themselves.
 *
 * @packageDocumentation
 */
export type { Command } from './command.ts'
export { LineSplitter } from './line-splitter.ts'
export { procmon } from './plugin.ts'
export { ProcessMonitor, type ProcessMonitorOptions } from './process-monitor.ts'
export { ProcfileError } from './procfile-error.ts'
export { readProcfile } from './read-procfile.ts'
export { RestartDelay } from './restart-delay.ts'
