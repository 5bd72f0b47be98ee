/**
 * The part that runs an application, and what plugins build on. Loaded by the
 * process that is to be the daemon, by one in the foreground, and by the door.
 */

export * as door from './index.ts'
export { run } from './run.ts'

import { endWith } from './outcome.ts'
import { run } from './run.ts'
import { receivePlan, sendStatus } from './status-channel.ts'

/**
 * The daemon's side of the fold: what the process does that the parent started
 * detached. It has loaded while the parent read the command line, and runs once
 * it has the plan.
 */
export async function becomeDaemon(): Promise<void> {
  const plan = receivePlan()
  if (plan === undefined) return
  endWith(
    await run(plan, {
      started: () => sendStatus({ started: true }),
      failed: (complaint) => sendStatus({ failed: complaint }),
    }),
  )
}
