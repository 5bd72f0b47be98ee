import { DaemonClient } from '../control/daemon-client.ts'
import { ofWorker } from './of-worker.ts'
import { givenOutput, OutputFile, outputName } from './output-file.ts'
import { record } from './record.ts'
import type { DaemonVerb } from './verb.ts'

const ATTEMPT = 'cannot take a heap snapshot'

/** A large heap takes its time, and the daemon stands still meanwhile, in ms. */
const PATIENCE = 300_000

/** `runner heap`: a file for the memory tools of a browser. */
export const heap: DaemonVerb = async ({ pidfile, values, cwd }) => {
  const given = givenOutput(values, 'heap')
  const daemon = new DaemonClient(pidfile, ATTEMPT)
  // Whether it may be asked, and answers, is found out sooner, and before any file.
  await daemon.ask({ method: 'GET', target: '/status' })
  const name = given ?? outputName(daemon.pid, 'heapsnapshot')
  const target = `/heap?${ofWorker(values)}`
  const asked = { method: 'POST', target, patience: PATIENCE } as const
  return await record(daemon, asked, new OutputFile(name, cwd, ATTEMPT))
}
