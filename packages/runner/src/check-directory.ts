import { statSync } from 'node:fs'
import { ExitStatus } from './exit-status.ts'
import { RunnerError, type RunnerErrorCode } from './runner-error.ts'

/**
 * Makes sure that a directory is one.
 *
 * @param attempt what can't be done if it isn't: `cannot run in nowhere`
 *
 * @throws RunnerError if it is missing or something else
 */
export function checkDirectory(dir: string, attempt: string, code: RunnerErrorCode): void {
  const stats = statSync(dir, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return
  const reason = stats === undefined ? 'no such directory' : 'not a directory'
  throw new RunnerError(code, ExitStatus.NOINPUT, `${attempt}: ${reason}`)
}
