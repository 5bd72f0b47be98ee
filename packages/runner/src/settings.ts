import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { UsageError } from '@runnerd/options'
import { checkDirectory } from './check-directory.ts'
import { isFirstProcess } from './first-process.ts'
import { logSettingsOf } from './log-settings.ts'
import type { Identity, LoggerSource, RunnerSettings } from './plan.ts'

type Values = Readonly<Record<string, unknown>>

/**
 * runner's own options as a run needs them, checked.
 *
 * @throws UsageError, and RunnerError for a run directory or a root that is none
 */
export async function settingsOf(values: Values, cwd: string): Promise<RunnerSettings> {
  const debug = values.debug === true
  const nodaemon = values.nodaemon === true || debug
  const chroot = chrootOf(values.chroot as string | undefined, cwd)
  const rundir = rundirOf(values.rundir as string, cwd, chroot)
  const logger = await loggerOf(values.logger as string | undefined, cwd)
  const syslog = logger === undefined ? syslogOf(values) : undefined
  const isFile = logger === undefined && syslog === undefined
  return {
    nodaemon,
    logfile: isFile ? logfileOf(values.logfile as string | undefined, nodaemon, cwd) : undefined,
    syslog,
    logger,
    log: logSettingsOf(values),
    chroot,
    rundir,
    pidfile: pidfileOf(values.pidfile as string | undefined, cwd, chroot, rundir),
    umask: umaskOf(values.umask as string | undefined, nodaemon),
    identity: await identityOf(values, chroot !== undefined),
    euid: values.euid === true,
    originalname: values.originalname === true,
    workers: await workersOf(values),
    workerTimeout: workerTimeoutOf(values),
    debug,
    profile: fileOf('profile', values, cwd),
    monitor: await monitorOf(values, chroot === undefined && rundir !== cwd ? cwd : undefined),
    drainDelay: drainDelayOf(values),
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

/** The file that an option names. */
function fileOf(name: string, values: Values, cwd: string): string | undefined {
  const file = values[name] as string | undefined
  return file === undefined ? undefined : resolve(cwd, file)
}

/** In another root all paths begin there; that of the directory is looked at in there, too. */
function rundirOf(rundir: string, cwd: string, chroot: string | undefined): string {
  if (chroot !== undefined) return resolve('/', rundir)
  const dir = resolve(cwd, rundir)
  checkDirectory(dir, `cannot run in ${rundir}`, 'ERR_RUNDIR')
  return dir
}

function chrootOf(chroot: string | undefined, cwd: string): string | undefined {
  if (chroot === undefined) return undefined
  const dir = resolve(cwd, chroot)
  checkDirectory(dir, `cannot change root to ${chroot}`, 'ERR_CHROOT')
  return realpathSync(dir)
}

/**
 * Its path from outside, where its readers are; in another root it is meant from in there.
 * A container has one only where it is asked for: its engine knows the process.
 */
function pidfileOf(
  pidfile = isFirstProcess() ? '' : 'runner.pid',
  cwd: string,
  chroot: string | undefined,
  rundir: string,
): string | undefined {
  if (pidfile === '') return undefined
  return chroot === undefined ? resolve(cwd, pidfile) : join(chroot, resolve(rundir, pidfile))
}

/** Twisted's: a daemon's files are its own unless told otherwise. */
function umaskOf(umask: string | undefined, nodaemon: boolean): number | undefined {
  if (umask === undefined) return nodaemon ? undefined : 0o077
  // What is above, umask(2) ignores without a word.
  if (/^0?[0-7]{1,3}$/.test(umask)) return Number.parseInt(umask, 8)
  const problem = `not ${JSON.stringify(umask)}`
  throw new UsageError(`option --umask needs an octal number of at most 0777, ${problem}`)
}

/** As long as a timer can be set for; Node would take a longer time for none at all. */
const LONGEST = (2 ** 31 - 1) / 1000

function secondsOf(name: string, values: Values, need = 'a number of seconds above 0'): number {
  const seconds = values[name] as number
  if (seconds > 0) return Math.min(seconds, LONGEST)
  throw new UsageError(`option --${name} needs ${need}, not ${seconds}`)
}

function workerTimeoutOf(values: Values): number {
  const name = 'worker-timeout'
  if (values[name] === 0) return 0
  return secondsOf(name, values, 'a number of seconds, or 0 for no limit')
}

function drainDelayOf(values: Values): number {
  const name = 'drain-delay'
  if (values[name] === 0) return 0
  return secondsOf(name, values, 'a number of seconds, or 0 for none')
}

/** @param directory where the path of a UNIX socket is meant from; as it is if left out */
async function monitorOf(
  { monitor }: Values,
  directory: string | undefined,
): Promise<string | undefined> {
  if (monitor === undefined || monitor === '') return undefined
  const { checkMonitor } = await import('./check-endpoints.ts')
  return checkMonitor(monitor as string, directory)
}

async function workersOf(values: Values): Promise<number | undefined> {
  const { workers, chroot } = values
  if (workers === undefined) return undefined
  if (process.platform === 'win32') {
    throw new UsageError('cannot use --workers: Windows has no signals to stop them by')
  }
  const single = ['debug', 'profile'].find((name) => Boolean(values[name]))
  if (single !== undefined) {
    const hint = `use runner ${single}`
    throw new UsageError(`cannot use --${single} with --workers: it is for one process`, { hint })
  }
  if (chroot !== undefined) {
    throw new UsageError('cannot use --chroot with --workers: they are started from outside it')
  }
  const { workerCount } = await import('./workers/worker-count.ts')
  return workerCount(workers as string)
}

/** @param away whether the system's list of groups is out of reach when they are set */
async function identityOf({ uid, gid }: Values, away: boolean): Promise<Identity | undefined> {
  if (uid === undefined && gid === undefined) return undefined
  const { groupsOf, lookUpIdentity } = await import('./look-up-identity.ts')
  const identity = lookUpIdentity(uid as string | undefined, gid as string | undefined)
  return away ? { ...identity, groups: groupsOf(identity) } : identity
}
