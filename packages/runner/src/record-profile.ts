import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import { Session } from 'node:inspector'
import { log, reasonOf, writeFully } from '@runnerd/logging'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Records a CPU profile of this process from now on. The file is opened at once, as
 * the user who started the process, and written by the function that is returned:
 * it ends the profile, never throws, and does nothing when called again.
 *
 * @throws RunnerError when the file can't be made or written
 */
export function recordProfile(path: string): () => void {
  const fd = openProfile(path)
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.start')
  let isWritten = false
  return () => {
    if (isWritten) return
    isWritten = true
    // In its own process the inspector answers before `post` returns.
    session.post('Profiler.stop', (error, answer) => {
      try {
        if (error) throw error
        if (fstatSync(fd).isFile()) ftruncateSync(fd)
        writeFully(fd, JSON.stringify(answer.profile))
        closeSync(fd)
      } catch (error) {
        log.error(`cannot write profile ${path}: ${reasonOf((error as Error).cause ?? error)}`)
      }
    })
    session.disconnect()
  }
}

/** What is in it stays until there is a new profile. */
function openProfile(path: string): number {
  try {
    return openSync(path, 'a')
  } catch (error) {
    throw unwritableProfile(path, error)
  }
}

/** A profile that can't be made, by what the system said. */
export function unwritableProfile(path: string, cause: unknown): RunnerError {
  const { code } = cause as NodeJS.ErrnoException
  const status = code === 'EACCES' ? ExitStatus.NOPERM : ExitStatus.CANTCREAT
  const message = `cannot write profile ${path}: ${reasonOf(cause)}`
  return new RunnerError('ERR_PROFILE', status, message, { cause })
}
