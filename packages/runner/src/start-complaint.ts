import { log } from '@runnerd/logging'
import { type Complaint, complaintOf, isUnforeseen, isUsage } from './complaint.ts'
import { ExitStatus } from './exit-status.ts'

/** A start that has failed: what it was of, and how far it had come. */
export interface FailedStart {
  readonly name: string
  /** Whether the application had been made. */
  readonly isMade: boolean
  /** What nobody caught, if something has come up so. */
  readonly uncaught: { readonly error: unknown } | undefined
}

/** What is to be said of it. */
export interface StartComplaint {
  readonly complaint: Complaint
  /** Whether its stack is to be told too, as nobody foresaw it. */
  readonly hasStack: boolean
}

/** Puts the failure of a start into words: a run and its check say the same. */
export function startComplaint(error: unknown, failed: FailedStart): StartComplaint {
  const isUncaught = failed.uncaught !== undefined && Object.is(failed.uncaught.error, error)
  const verb = isUsage(error) ? 'run' : failed.isMade ? 'start' : 'load'
  const said = complaintOf(error, `cannot ${verb} ${failed.name}`)
  return {
    complaint: isUncaught ? { ...said, status: ExitStatus.SOFTWARE } : said,
    hasStack: isUncaught || isUnforeseen(error),
  }
}

/** The same, with a line in the log; it is what the operator is to be told, too. */
export function logStartComplaint(error: unknown, failed: FailedStart): Complaint {
  const { complaint, hasStack } = startComplaint(error, failed)
  if (hasStack) log.err(error, complaint.line)
  else log.error(complaint.line)
  return complaint
}
