import { closeSync, openSync } from 'node:fs'
import {
  addObserver,
  captureStdio,
  type LogEvent,
  type LogFile,
  log,
  openLogFile,
  openStdoutLog,
} from '@runnerd/logging'
import { isJournal } from './journal.ts'
import { loadLogger } from './load-logger.ts'
import type { LogCounts } from './log-counts.ts'
import type { RunnerSettings } from './plan.ts'
import { openSyslogDaemon } from './syslog-daemon.ts'
import { VERSION } from './version.ts'
import { nameOfWorker } from './workers/worker-terms.ts'

/**
 * Opens the log, sends it all that was logged so far, and has stdout and stderr
 * captured into it.
 *
 * @param counts what counts its lines
 * @param worker its number, where it is one of several
 * @throws LogOpenError, and RunnerError for a logger or a syslog daemon
 */
export async function openLog(
  settings: RunnerSettings,
  counts: LogCounts,
  worker?: number,
): Promise<LogFile> {
  const file = await open(settings)
  file.configure(settings.log)
  counts.goTo(file)
  addObserver(
    (event) => {
      counts.count(event)
      file.write(worker === undefined ? event : ofWorker(worker, event))
    },
    (level) => file.accepts(level),
  )
  captureStdio()
  if (!settings.nodaemon) letGoOfStderr()
  // Node would open its inspector; twistd rotates the log.
  process.on('SIGUSR1', () => file.rotate())
  // The process that has started it says so for all.
  if (worker !== undefined) return file
  log.msg('Log opened.')
  log.msg(`runner ${VERSION} (node ${process.version}) starting up.`)
  return file
}

/** As twistd: a logger before syslog, and that before a file. */
async function open({ logger, syslog, logfile }: RunnerSettings): Promise<LogFile> {
  if (logger !== undefined) return await loadLogger(logger)
  if (syslog !== undefined) return openSyslogDaemon(syslog)
  if (logfile !== undefined) return openLogFile(logfile)
  return openStdoutLog(1, { forJournal: isJournal(1, process.env) })
}

/** Says whose a line is that has no system of its own. */
function ofWorker(worker: number, event: LogEvent): LogEvent {
  return event.system === '-' ? { ...event, system: nameOfWorker(worker) } : event
}

/** A daemon has its parent's stderr until here, for what Node itself may have to say. */
function letGoOfStderr(): void {
  closeSync(2)
  // The lowest free descriptor is the one just closed.
  openSync('/dev/null', 'w')
}
