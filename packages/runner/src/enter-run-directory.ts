import { reasonOf } from '@runnerd/logging'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Changes to the run directory, which was there a moment ago.
 *
 * @throws RunnerError if it can't be entered
 */
export function enterRunDirectory(dir: string): void {
  try {
    process.chdir(dir)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const status = code === 'EACCES' ? ExitStatus.NOPERM : ExitStatus.NOINPUT
    const message = `cannot run in ${dir}: ${reasonOf(cause)}`
    throw new RunnerError('ERR_RUNDIR', status, message, { cause })
  }
}
