import type { StopReport } from '../control/controlled.ts'
import { DaemonClient } from '../control/daemon-client.ts'
import { brokeOff } from '../control/daemon-faults.ts'
import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'
import type { DaemonVerb } from './verb.ts'

const ATTEMPT = 'cannot stop'

/** How long a process may take to end when its services have stopped, in ms. */
const END = 10_000

/** How long it may take altogether where nothing is heard of it meanwhile, in ms. */
const SILENT_END = 60_000

const PAUSE = 10

const MORE = 'its log says more'

/** A daemon that was started by an earlier runner tells no status. */
type Reported = Pick<StopReport, 'late'> & Partial<StopReport>

/** `runner stop`: ends when the process has. */
export const stop: DaemonVerb = async ({ pidfile }) => {
  const daemon = new DaemonClient(pidfile, ATTEMPT)
  const report = await askToStop(daemon)
  await gone(daemon, report === undefined ? SILENT_END : END)
  const { late, status = ExitStatus.OK } = report ?? { late: [] }
  if (late.length > 0) {
    const reason = `pid ${daemon.pid} ended without ${late.join(', ')}`
    throw notStopped(`${reason} having stopped in time`, MORE)
  }
  if (status === ExitStatus.OK) return { status }
  throw notStopped(`pid ${daemon.pid} ended with status ${status}`, MORE, status)
}

/** What its stop came to; `undefined` when only a signal could be sent. */
async function askToStop(daemon: DaemonClient): Promise<Reported | undefined> {
  try {
    return await daemon.ask<Reported>({ method: 'POST', target: '/stop' })
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error
    const { code, exitStatus, message } = error
    const { pid } = daemon
    if (brokeOff(error)) {
      await gone(daemon, END)
      throw notStopped(`pid ${pid} ended before all its services had stopped`, MORE)
    }
    if (code !== 'ERR_NO_CONTROL') throw error
    if (exitStatus === ExitStatus.TEMPFAIL) {
      const hint = `kill -CONT ${pid} resumes it if it was suspended, to stop; kill -9 ${pid} ends it`
      throw new RunnerError(code, exitStatus, message, { hint })
    }
    daemon.signal('SIGTERM')
    return undefined
  }
}

async function gone(daemon: DaemonClient, patience: number): Promise<void> {
  for (const until = Date.now() + patience; daemon.isAlive(); ) {
    if (Date.now() > until) {
      const hint = `kill -9 ${daemon.pid} ends it at once`
      throw notStopped(`pid ${daemon.pid} still runs`, hint, ExitStatus.TEMPFAIL)
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

function notStopped(
  reason: string,
  hint: string,
  status: number = ExitStatus.SOFTWARE,
): RunnerError {
  return new RunnerError('ERR_NOT_STOPPED', status, `${ATTEMPT}: ${reason}`, { hint })
}
