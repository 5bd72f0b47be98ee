import { DaemonClient } from '../control/daemon-client.ts'
import { ExitStatus } from '../exit-status.ts'
import { print } from '../print.ts'
import { ofWorker } from './of-worker.ts'
import type { DaemonVerb } from './verb.ts'

/** `runner debug`: prints where a debugger may attach. */
export const debug: DaemonVerb = async ({ pidfile, values }) => {
  const daemon = new DaemonClient(pidfile, 'cannot debug')
  const target = `/debug?${ofWorker(values)}`
  const { url } = await daemon.ask<{ url: string }>({ method: 'POST', target })
  print(1, `${url}\n`)
  return { status: ExitStatus.OK }
}
