import { closeSync, openSync } from 'node:fs'
import {
  addObserver,
  captureStdio,
  type LogFile,
  log,
  openLogFile,
  openStdoutLog,
} from '@runnerd/logging'
import type { RunnerSettings } from './plan.ts'
import { VERSION } from './version.ts'

/**
 * Opens the log, sends it all that was logged so far, and has stdout and stderr
 * captured into it.
 *
 * @throws LogOpenError
 */
export function openLog({ logfile, nodaemon }: RunnerSettings): LogFile {
  const file = logfile === undefined ? openStdoutLog() : openLogFile(logfile)
  addObserver((event) => file.write(event))
  captureStdio()
  if (!nodaemon) letGoOfStderr()
  // Node would open its inspector; twistd rotates the log.
  process.on('SIGUSR1', () => file.rotate())
  log.msg('Log opened.')
  log.msg(`runner ${VERSION} (node ${process.version}) starting up.`)
  return file
}

/** A daemon has its parent's stderr until here, for what Node itself may have to say. */
function letGoOfStderr(): void {
  closeSync(2)
  // The lowest free descriptor is the one just closed.
  openSync('/dev/null', 'w')
}
