import { type LogFile, openLogger } from '@runnerd/logging'
import { exportsOf, loadModule } from '@runnerd/plugin'
import { complaintOf } from './complaint.ts'
import { ExitStatus } from './exit-status.ts'
import { door } from './home.ts'
import type { LoggerSource } from './plan.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Opens the log that `--logger` names.
 *
 * @throws RunnerError when its module can't be imported, or what it exports is no logger
 */
export async function loadLogger(source: LoggerSource): Promise<LogFile> {
  try {
    const exports = exportsOf(await loadModule(source.file, door))
    if (!exports.has(source.export)) throw new Error(`it does not export ${source.export}`)
    return await openLogger(exports.get(source.export))
  } catch (error) {
    const reason = complaintOf(error, 'x').line.replace(/^x: /, '')
    const message = `cannot use logger ${source.name}: ${reason}`
    throw new RunnerError('ERR_LOGGER', ExitStatus.USAGE, message, { cause: error })
  }
}
