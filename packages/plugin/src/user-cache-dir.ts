import { isAbsolute, join, resolve } from 'node:path'

/**
 * Where runner may keep what it can make again: `RUNNER_CACHE_DIR`, else the
 * platform's cache directory of this user; `undefined` for a user with no home.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function userCacheDir(variables: NodeJS.ProcessEnv): string | undefined {
  const own = variables.RUNNER_CACHE_DIR
  if (own) return resolve(own)
  const base = variables.XDG_CACHE_HOME
  if (base && isAbsolute(base)) return join(base, 'runner')
  const home = variables.HOME
  if (!home) return undefined
  return process.platform === 'darwin'
    ? join(home, 'Library', 'Caches', 'runner')
    : join(home, '.cache', 'runner')
}
