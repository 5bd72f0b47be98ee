import { DaemonClient } from '../control/daemon-client.ts'
import { ofWorker } from './of-worker.ts'
import { givenOutput, OutputFile, outputName } from './output-file.ts'
import { record } from './record.ts'
import type { DaemonVerb } from './verb.ts'

const ATTEMPT = 'cannot profile'

/** `runner profile`: a file for the performance tools of a browser. */
export const profile: DaemonVerb = async ({ pidfile, values, cwd }) => {
  const given = givenOutput(values, 'profile')
  const daemon = new DaemonClient(pidfile, ATTEMPT)
  // Whether it may be asked, and answers, comes before any file.
  await daemon.ask({ method: 'GET', target: '/status' })
  const name = given ?? outputName(daemon.pid, 'cpuprofile')
  const target = `/profile?seconds=${values.seconds}&${ofWorker(values)}`
  return await record(daemon, { method: 'POST', target }, new OutputFile(name, cwd, ATTEMPT))
}
