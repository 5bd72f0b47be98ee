import { type Complaint, printed } from './complaint.ts'
import { isJournal } from './journal.ts'
import { print } from './print.ts'

/** An error's level, as sd-daemon(3) has it. */
const ERROR = '<3>'

/** Prints a complaint on stderr. Where that is the journal, each line has its level. */
export function printComplaint(complaint: Complaint): void {
  const text = printed(complaint)
  print(2, isJournal(2, process.env) ? text.replace(/^(?=.)/gm, ERROR) : text)
}
