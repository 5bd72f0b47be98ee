import { DaemonClient } from '../control/daemon-client.ts'
import { ExitStatus } from '../exit-status.ts'
import { print } from '../print.ts'
import { RunnerError } from '../runner-error.ts'
import type { DaemonVerb, VerbCall } from './verb.ts'

const ATTEMPT = 'cannot check health'
const PATH = '/readyz'

/** `runner health`: whether a run is ready, as a probe of a container asks it. */
export const health: DaemonVerb = async (call) => {
  const { code, text } = await look(call)
  if (code === 200) {
    print(1, 'ready\n')
    return { status: ExitStatus.OK }
  }
  if (code !== 503) {
    const reason = `${PATH} was answered with status ${code}`
    throw new RunnerError('ERR_NO_MONITOR', ExitStatus.UNAVAILABLE, `${ATTEMPT}: ${reason}`)
  }
  print(2, `runner: not ready: ${reasonsIn(text) || 'no reason given'}\n`)
  return { status: ExitStatus.TEMPFAIL }
}

/** On the monitor that is named; else by the control socket; else on that of the environment. */
async function look(call: VerbCall): Promise<{ code: number; text: string }> {
  const { pidfile, isNamed, values, variables } = call
  const named = values.monitor as string | undefined
  const monitor = named ?? (isNamed ? undefined : variables.RUNNER_MONITOR)
  if (!monitor) return await new DaemonClient(pidfile, ATTEMPT).look(PATH)
  const { askMonitor } = await import('../monitor/ask-monitor.ts')
  return await askMonitor(monitor, PATH, ATTEMPT)
}

/** What failed of all that was checked; of the run itself goes without saying. */
function reasonsIn(text: string): string {
  const failed = [...text.matchAll(/^\[-\](.+?) failed: (.*)$/gm)]
  return failed.map(([, name, why]) => (name === 'run' ? why : `${name}: ${why}`)).join('; ')
}
