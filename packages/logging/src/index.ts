/**
 * Logging as Twisted does it: one log for the whole process, to which any code
 * adds lines, and a log file that loses none of them.
 *
 * @example
 * ```ts
 * import { addObserver, log, openLogFile } from '@runnerd/logging'
 *
 * log.msg('kept until a log is open')
 * const file = openLogFile('runner.log')
 * addObserver((event) => file.write(event))
 * log.withSystem('PoetryFactory', () => log.msg('sending 3003 bytes of poetry'))
 * log.err(new Error('no such poem'), 'Cannot read the poem')
 * ```
 *
 * @packageDocumentation
 */
export { captureStdio, flushStdio } from './capture-stdio.ts'
export { LogOpenError, reasonOf } from './errors.ts'
export { formatJson } from './format-json.ts'
export { formatText } from './format-text.ts'
export { addObserver } from './hub.ts'
export { isDescriptor, linkTarget } from './link-target.ts'
export { type Log, type LogOptions, log } from './log.ts'
export type { LogDirectory } from './log-directory.ts'
export type { LogEvent, LogLevel, LogObserver } from './log-event.ts'
export { type LogFile, type LogFileOptions, openLogFile } from './log-file.ts'
export { defaultLogSettings, type LogFormat, type LogSettings } from './log-settings.ts'
export { NotALoggerError, openLogger } from './open-logger.ts'
export { loadRotation } from './rotating-file.ts'
export { openStdoutLog, type StdoutLogOptions } from './stdout-log.ts'
export { openSyslog, type SyslogSocket } from './syslog.ts'
export { writeFully } from './write-fully.ts'
