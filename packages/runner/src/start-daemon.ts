import { readFileSync, rmSync, unlinkSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { counted } from '@runnerd/options'
import type { Complaint } from './complaint.ts'
import { controlPath } from './control/control-path.ts'
import { ExitStatus } from './exit-status.ts'
import type { Daemon } from './fork-daemon.ts'
import { nameOf, type Plan } from './plan.ts'
import { PLAN_FD, STATUS_FD, type StatusMessage } from './status-channel.ts'
import { catchStopSignals, interrupts, type StopSignal } from './stop-signals.ts'

/** How long a daemon that was told to end may take to do so, in ms. */
const GRACE = 2000

/** How a start went. In all cases but the first the daemon is gone, and so is its pid file. */
export type StartResult =
  | { readonly kind: 'started' }
  | { readonly kind: 'failed'; readonly complaint: Complaint }
  | { readonly kind: 'interrupted'; readonly signal: StopSignal }

/**
 * Gives the daemon its plan and waits until it runs, or says that it doesn't, or
 * ends without a word, or takes too long, or until the operator has had enough.
 */
export async function startDaemon(daemon: Daemon, plan: Plan): Promise<StartResult> {
  const { startTimeout, pidfile } = plan.settings
  const exit = exitOf(daemon)
  const interrupted = catchStopSignals(() => daemon.kill('SIGKILL'), interrupts)
  const { descriptors } = daemon
  const own: Plan = { ...plan, descriptors }
  ;(daemon.stdio[PLAN_FD] as Writable).on('error', () => {}).end(JSON.stringify(own))
  const news = await Promise.race([readStatus(daemon), late(startTimeout), interrupted])
  if (typeof news === 'object' && 'started' in news) return { kind: 'started' }
  if (typeof news === 'string') await end(daemon, exit)
  const how = await exit
  removePidFile(pidfile, daemon.pid)
  if (typeof news === 'string' && news !== 'late') return { kind: 'interrupted', signal: news }
  const hint = `its log is ${whereLogged(plan.settings)}`
  if (typeof news === 'object') return { kind: 'failed', complaint: { hint, ...news.failed } }
  const reason =
    news === 'late'
      ? `not ready within ${counted(startTimeout, 'second')}`
      : `${how} before it was ready`
  const status = news === 'late' ? ExitStatus.TEMPFAIL : ExitStatus.SOFTWARE
  const line = `cannot start ${nameOf(plan.source)}: ${reason}`
  return { kind: 'failed', complaint: { line, hint, status } }
}

function whereLogged({ logger, syslog, logfile }: Plan['settings']): string {
  if (logger !== undefined) return `where ${logger.name} writes it`
  return syslog === undefined ? String(logfile) : `that of the syslog daemon, under ${syslog}`
}

/** What the daemon says before it lets go of the channel; `undefined` if nothing. */
async function readStatus(daemon: Daemon): Promise<StatusMessage | undefined> {
  let text = ''
  for await (const chunk of daemon.stdio[STATUS_FD] as Readable) text += chunk
  return text === '' ? undefined : (JSON.parse(text) as StatusMessage)
}

/** How the daemon ends, or has ended while nobody was looking. */
function exitOf(daemon: Daemon): Promise<string> {
  return new Promise((resolve) => {
    const told = (code: number | null, signal: NodeJS.Signals | null): void =>
      resolve(signal === null ? `it exited with status ${code}` : `it was ended by ${signal}`)
    if (daemon.pid === undefined) resolve('its process could not be started')
    else if (daemon.exitCode !== null || daemon.signalCode !== null) {
      told(daemon.exitCode, daemon.signalCode)
    } else daemon.once('exit', told)
  })
}

function late(seconds: number): Promise<'late'> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000, 'late').unref()
  })
}

/** Politely first, so that what was started is stopped. */
async function end(daemon: Daemon, exit: Promise<string>): Promise<void> {
  daemon.kill('SIGTERM')
  const killer = setTimeout(() => daemon.kill('SIGKILL'), GRACE)
  await exit
  clearTimeout(killer)
}

/** A daemon that was killed, or has no privileges any more, could not do it itself. */
function removePidFile(path: string | undefined, pid: number | undefined): void {
  try {
    if (!path || readFileSync(path, 'utf8') !== String(pid)) return
    rmSync(controlPath(path), { force: true })
    unlinkSync(path)
  } catch {
    // It was never made, or is gone.
  }
}
