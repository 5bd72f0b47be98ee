import { closeSync, readFileSync, writeSync } from 'node:fs'
import type { Complaint } from './complaint.ts'
import type { Plan } from './plan.ts'

/** The daemon's descriptors: its plan comes in on one, its status goes out on the other. */
export const PLAN_FD = 3
export const STATUS_FD = 4

/** What the daemon tells its parent, once. No message at all means that it died. */
export type StatusMessage = { readonly started: true } | { readonly failed: Complaint }

/** Waits for the plan; `undefined` when the parent had none after all. */
export function receivePlan(): Plan | undefined {
  const text = readFileSync(PLAN_FD, 'utf8')
  closeSync(PLAN_FD)
  return text === '' ? undefined : (JSON.parse(text) as Plan)
}

/** Tells the parent, if it is still there, and lets go of it. */
export function sendStatus(message: StatusMessage): void {
  try {
    writeSync(STATUS_FD, JSON.stringify(message))
    closeSync(STATUS_FD)
  } catch {
    // It gave up waiting.
  }
}
