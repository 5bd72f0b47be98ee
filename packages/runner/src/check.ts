import { type Complaint, complaintOf, isUnforeseen, printed } from './complaint.ts'
import { ExitStatus } from './exit-status.ts'
import { inTime } from './in-time.ts'
import { makeApplication } from './make-application.ts'
import { nameOf, type Plan } from './plan.ts'
import { print } from './print.ts'

/**
 * Builds all that a run would, and starts nothing. Says on stderr what is wrong.
 *
 * @returns the status that a run would end with
 */
export async function check({ source, settings }: Plan): Promise<number> {
  const attempt = `cannot load ${nameOf(source)}`
  let isDone = false
  process.on('exit', () => {
    if (isDone) return
    // A plugin that ends the process would end the daemon.
    complain({ line: `${attempt}: it ended the process`, status: ExitStatus.SOFTWARE })
    process.exitCode = ExitStatus.SOFTWARE
  })
  try {
    const made = Promise.race([makeApplication(source), unforeseen()])
    // Its timer keeps the process up, as a run is, though nothing else may be open.
    await inTime(settings.startTimeout, 'it has not resolved', made)
    return ExitStatus.OK
  } catch (error) {
    const isUsage = (error as { code?: unknown } | null)?.code === 'ERR_USAGE'
    const complaint = complaintOf(error, isUsage ? `cannot run ${nameOf(source)}` : attempt)
    if (isUnforeseen(error)) print(2, `${(error as Error)?.stack ?? error}\n`)
    complain(complaint)
    return complaint.status
  } finally {
    isDone = true
  }
}

/** What is thrown where nobody could catch it. */
function unforeseen(): Promise<never> {
  return new Promise((_, reject) => process.on('uncaughtException', reject))
}

function complain(complaint: Complaint): void {
  print(2, printed(complaint))
}
