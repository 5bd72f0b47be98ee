import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '@runnerd/options'
import { ExitStatus } from './exit-status.ts'
import { logSettingsOf } from './log-settings.ts'
import type { Identity, LoggerSource, RunnerSettings } from './plan.ts'
import { RunnerError } from './runner-error.ts'

type Values = Readonly<Record<string, unknown>>

/**
 * runner's own options as a run needs them, checked.
 *
 * @throws UsageError, and RunnerError for a run directory that is none
 */
export async function settingsOf(values: Values, cwd: string): Promise<RunnerSettings> {
  const debug = values.debug === true
  const nodaemon = values.nodaemon === true || debug
  const logger = await loggerOf(values.logger as string | undefined, cwd)
  const syslog = logger === undefined ? syslogOf(values) : undefined
  const isFile = logger === undefined && syslog === undefined
  return {
    nodaemon,
    logfile: isFile ? logfileOf(values.logfile as string | undefined, nodaemon, cwd) : undefined,
    syslog,
    logger,
    log: logSettingsOf(values),
    rundir: rundirOf(values.rundir as string, cwd),
    pidfile: values.pidfile === '' ? undefined : resolve(cwd, values.pidfile as string),
    umask: umaskOf(values.umask as string | undefined, nodaemon),
    identity: await identityOf(values),
    euid: values.euid === true,
    originalname: values.originalname === true,
    workers: await workersOf(values),
    debug,
    profile: fileOf('profile', values, cwd),
    drainTimeout: secondsOf('drain-timeout', values),
    startTimeout: secondsOf('start-timeout', values),
    stopTimeout: secondsOf('stop-timeout', values),
  }
}

function logfileOf(
  logfile: string | undefined,
  nodaemon: boolean,
  cwd: string,
): string | undefined {
  if (logfile === '-' || logfile === '') {
    if (nodaemon) return undefined
    throw new UsageError('cannot log to stdout: a daemon has none', { hint: 'use --nodaemon too' })
  }
  if (logfile === undefined && nodaemon) return undefined
  return resolve(cwd, logfile ?? 'runner.log')
}

async function loggerOf(name: string | undefined, cwd: string): Promise<LoggerSource | undefined> {
  if (name === undefined) return undefined
  const { findLogger } = await import('./find-logger.ts')
  return findLogger(name, cwd)
}

/** What a line of syslog has before its colon and its brackets. */
function syslogOf({ syslog, prefix }: Values): string | undefined {
  if (syslog !== true) return undefined
  if (/^[^\s:[\]]+$/.test(prefix as string)) return prefix as string
  const problem = `not ${JSON.stringify(prefix)}`
  throw new UsageError(
    `option --prefix needs a name without spaces, colons and brackets, ${problem}`,
  )
}

/** The file that an option names; unlike the log and the pid file, it can't be disabled. */
function fileOf(name: string, values: Values, cwd: string): string | undefined {
  const file = values[name] as string | undefined
  if (file === '') throw new UsageError(`option --${name} needs the name of a file`)
  return file === undefined ? undefined : resolve(cwd, file)
}

function rundirOf(rundir: string, cwd: string): string {
  const dir = resolve(cwd, rundir)
  const stats = statSync(dir, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return dir
  const reason = stats === undefined ? 'no such directory' : 'not a directory'
  throw new RunnerError('ERR_RUNDIR', ExitStatus.NOINPUT, `cannot run in ${rundir}: ${reason}`)
}

/** Twisted's: a daemon's files are its own unless told otherwise. */
function umaskOf(umask: string | undefined, nodaemon: boolean): number | undefined {
  if (umask === undefined) return nodaemon ? undefined : 0o077
  if (/^[0-7]{1,4}$/.test(umask)) return Number.parseInt(umask, 8)
  throw new UsageError(`option --umask needs an octal number, not ${JSON.stringify(umask)}`)
}

/** As long as a timer can be set for; Node would take a longer time for none at all. */
const LONGEST = (2 ** 31 - 1) / 1000

function secondsOf(name: string, values: Values): number {
  const seconds = values[name] as number
  if (seconds > 0) return Math.min(seconds, LONGEST)
  throw new UsageError(`option --${name} needs a number of seconds above 0, not ${seconds}`)
}

async function workersOf({ workers, debug }: Values): Promise<number | undefined> {
  if (workers === undefined) return undefined
  if (debug === true) {
    const hint = 'use runner debug'
    throw new UsageError('cannot use --debug with --workers: it is for one process', { hint })
  }
  const { workerCount } = await import('./workers/worker-count.ts')
  return workerCount(workers as string)
}

async function identityOf({ uid, gid }: Values): Promise<Identity | undefined> {
  if (uid === undefined && gid === undefined) return undefined
  const { lookUpIdentity } = await import('./look-up-identity.ts')
  return lookUpIdentity(uid as string | undefined, gid as string | undefined)
}
