import { tmpdir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/**
 * Where runner may keep what it can make again, best first: `RUNNER_CACHE_DIR`
 * alone; else the platform's cache directory of this user, and a directory of
 * theirs for temporary files, for a user with no home or none to write to.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function userCacheDirs(variables: NodeJS.ProcessEnv): string[] {
  const own = variables.RUNNER_CACHE_DIR
  if (own) return [resolve(own)]
  return [platformDir(variables), temporaryDir(variables)].filter((dir) => dir !== undefined)
}

function platformDir(variables: NodeJS.ProcessEnv): string | undefined {
  const base = variables.XDG_CACHE_HOME
  if (base && isAbsolute(base)) return join(base, 'runner')
  const home = variables.HOME
  if (!home) return undefined
  return process.platform === 'darwin'
    ? join(home, 'Library', 'Caches', 'runner')
    : join(home, '.cache', 'runner')
}

function temporaryDir(variables: NodeJS.ProcessEnv): string | undefined {
  const user = process.geteuid?.()
  return user === undefined ? undefined : join(variables.TMPDIR || tmpdir(), `runner-cache-${user}`)
}
