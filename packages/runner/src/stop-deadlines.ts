import { graceAfter } from '@runnerd/service/stop-within'

/** What a process that is late may be late by, before it is killed, in seconds. */
export function slackAfter(seconds: number): number {
  return Math.min(Math.max(seconds, 1), 5)
}

/** How long all services together may take to stop before the process is killed, in seconds. */
export function longestStop(stopTimeout: number): number {
  const own = stopTimeout + graceAfter(stopTimeout)
  return own + slackAfter(own)
}

/**
 * How long nothing may be heard of a process that stops, in seconds: whatever loops
 * in it, it is killed before. Its services have their time, what comes after them has
 * as long again, and so have the listeners of 'exit'.
 */
export function longestSilence(stopTimeout: number): number {
  return longestStop(stopTimeout) + 2 * (stopTimeout + slackAfter(stopTimeout))
}
