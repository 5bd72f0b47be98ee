import type { ReloadReport } from '../control/controlled.ts'
import { DaemonClient } from '../control/daemon-client.ts'
import { ExitStatus } from '../exit-status.ts'
import { print } from '../print.ts'
import type { DaemonVerb } from './verb.ts'

/** `runner reload`: ends when the successor is the daemon, or with the reason why it isn't. */
export const reload: DaemonVerb = async ({ pidfile }) => {
  const daemon = new DaemonClient(pidfile, 'cannot reload')
  const asked = { method: 'POST', target: '/reload' } as const
  const { pid, generation } = await daemon.ask<ReloadReport>(asked)
  print(1, `reloaded: pid ${pid}, generation ${generation}\n`)
  return { status: ExitStatus.OK }
}
