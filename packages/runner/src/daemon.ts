/**
 * The part that runs an application, and what plugins build on. Loaded by the
 * process that is to be the daemon, by one in the foreground, and by the door.
 */

export * as door from './index.ts'
export { run } from './run.ts'

import { setBindDatagrams, setInheritedDescriptors } from '@runnerd/internet/sockets'
import { log } from '@runnerd/logging'
import type { Complaint } from './complaint.ts'
import { ExitStatus } from './exit-status.ts'
import { endWith } from './outcome.ts'
import { run } from './run.ts'
import { takeWatchdog } from './sd-watchdog.ts'
import { receivePlan, sendStatus } from './status-channel.ts'

setBindDatagrams(async (path, size, called) => {
  const { UnixDatagramHandle } = await import('./unix-datagram-handle.ts')
  return new UnixDatagramHandle(path, size, called)
})

/**
 * What the process does that is started as the daemon, or as the next generation of
 * one: that is connected to the one before it.
 */
export async function becomeDaemon(): Promise<void> {
  if (process.connected && process.argv[2] === 'worker') {
    const { becomeWorker } = await import('./worker.ts')
    endWith(await becomeWorker(run))
  }
  if (process.connected) {
    const { becomeSuccessor } = await import('./successor.ts')
    endWith(await becomeSuccessor(run))
  }
  await runFolded()
}

/**
 * The daemon's side of the fold: what the process does that the parent started
 * detached. It has loaded while the parent read the command line, and runs once
 * it has the plan.
 */
async function runFolded(): Promise<void> {
  const plan = receivePlan()
  if (plan === undefined) return
  takeWatchdog(process.ppid)
  setInheritedDescriptors(new Map(plan.descriptors))
  const listener = {
    started: () => sendStatus({ started: true }),
    failed: (complaint: Complaint) => sendStatus({ failed: complaint }),
  }
  endWith(
    await run(plan, listener).catch((error) => {
      // Else Node would end with 0 when nothing is left to do.
      log.err(error, 'cannot end in order')
      return { status: ExitStatus.SOFTWARE }
    }),
  )
}
