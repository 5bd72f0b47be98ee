import { setTimeout as sleep } from 'node:timers/promises'
import type { StopReport } from '../control/controlled.ts'
import { DaemonClient } from '../control/daemon-client.ts'
import { brokeOff } from '../control/daemon-faults.ts'
import { forgetDead } from '../control/registry.ts'
import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'
import type { DaemonVerb } from './verb.ts'

const ATTEMPT = 'cannot stop'

/** How long a process may take to end when its services have stopped, in ms, if it doesn't say. */
const END = 10_000

/** How long it may take altogether where nothing is heard of it meanwhile, in ms. */
const SILENT_END = 60_000

const PAUSE = 10

const MORE = 'its log says more'

/** What is known of a stop when nothing more is to be heard of it. */
interface Heard {
  /** `undefined` when only a signal could be sent. */
  readonly report: Reported | undefined
  /** Whether its process went before it had come to its end. */
  readonly isCut: boolean
  /** How long its process may still take to be gone, in ms. */
  readonly patience: number
}

/** A daemon that was started by an earlier runner tells no status. */
type Reported = Pick<StopReport, 'late'> & Partial<StopReport>

/** How long the keeper of its files may take to remove them after that, in ms. */
const CLEARED = 10_000

/** `runner stop`: ends when the process has, and its pid file is gone. */
export const stop: DaemonVerb = async ({ pidfile }) => {
  const daemon = new DaemonClient(pidfile, ATTEMPT)
  const { report, isCut, patience } = await askToStop(daemon)
  await gone(daemon, patience)
  // What was killed may have left it for good.
  if (!isCut) await cleared(daemon)
  forgetDead(daemon.pidfile, process.env)
  const { pid } = daemon
  const { late, status = ExitStatus.OK } = report ?? { late: [] }
  if (late.length > 0) {
    const reason = `pid ${pid} ended, but not all had stopped in order: ${late.join(', ')}`
    throw notStopped(reason, MORE, status || ExitStatus.SOFTWARE)
  }
  if (status !== ExitStatus.OK) {
    throw notStopped(`pid ${pid} ended with status ${status}`, MORE, status)
  }
  if (!isCut) return { status }
  const what = report === undefined ? 'before all its services had stopped' : 'only by SIGKILL'
  throw notStopped(`pid ${pid} ended ${what}`, MORE)
}

async function askToStop(daemon: DaemonClient): Promise<Heard> {
  try {
    const asked = { method: 'POST', target: '/stop' } as const
    const { answer, isCut, silence = END } = await daemon.askLastly<Reported>(asked)
    return { report: answer, isCut, patience: Math.max(silence, END) }
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error
    const { code, exitStatus, message } = error
    const { pid } = daemon
    if (brokeOff(error)) return { report: undefined, isCut: true, patience: END }
    if (code !== 'ERR_NO_CONTROL') throw error
    if (exitStatus === ExitStatus.TEMPFAIL) {
      const hint = `kill -CONT ${pid} resumes it if it was suspended, to stop; kill -9 ${pid} ends it`
      throw new RunnerError(code, exitStatus, message, { hint })
    }
    daemon.signal('SIGTERM')
    return { report: undefined, isCut: false, patience: SILENT_END }
  }
}

async function gone(daemon: DaemonClient, patience: number): Promise<void> {
  for (const until = Date.now() + patience; daemon.isAlive(); ) {
    if (Date.now() > until) {
      const hint = `kill -9 ${daemon.pid} ends it at once`
      throw notStopped(`pid ${daemon.pid} still runs`, hint, ExitStatus.TEMPFAIL)
    }
    await sleep(PAUSE)
  }
}

/** A daemon that has shed its privileges may have its files removed for it, when it is gone. */
async function cleared(daemon: DaemonClient): Promise<void> {
  for (const until = Date.now() + CLEARED; daemon.isNamed() && Date.now() < until; ) {
    await sleep(PAUSE)
  }
}

function notStopped(
  reason: string,
  hint: string,
  status: number = ExitStatus.SOFTWARE,
): RunnerError {
  return new RunnerError('ERR_NOT_STOPPED', status, `${ATTEMPT}: ${reason}`, { hint })
}
