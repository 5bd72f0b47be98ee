/**
 * How long a `ClientService` waits before it connects again.
 *
 * @param failures - how many attempts in a row have failed, or were lost: 1 at least
 * @returns the number of seconds
 */
export type RetryPolicy = (failures: number) => number

/** What {@link backoffPolicy} is made of. */
export interface BackoffPolicyOptions {
  /** Grows by `factor` with each failure, the first among them: seconds. Default 1. */
  readonly initialDelay?: number | undefined
  /** What the delay grows to, not counting the jitter: seconds. Default 60. */
  readonly maxDelay?: number | undefined
  /** Default 1.5. */
  readonly factor?: number | undefined
  /** Returns seconds to be added, so that not all clients come back at once. Default `Math.random`. */
  readonly jitter?: (() => number) | undefined
}

/** So that the power stays a number. */
const MOST_FAILURES = 100

/**
 * A retry policy whose delays grow: `initialDelay * factor ** failures`, at most
 * `maxDelay`, and the jitter. By default that is 1.5, 2.25, 3.4 … 60 seconds, and up to
 * a second more each.
 *
 * @param options - what it is made of. Nothing of it is checked, and nothing thrown
 * @see Twisted's `twisted.application.internet.backoffPolicy`
 *
 * @example
 * import { backoffPolicy, ClientService, clientFromString } from 'runnerd'
 *
 * const retryPolicy = backoffPolicy({ initialDelay: 0.1, maxDelay: 5 })
 * const endpoint = clientFromString('tcp:localhost:10000')
 * export const client = new ClientService(endpoint, () => {}, { retryPolicy })
 */
export function backoffPolicy({
  initialDelay = 1,
  maxDelay = 60,
  factor = 1.5,
  jitter = Math.random,
}: BackoffPolicyOptions = {}): RetryPolicy {
  return (failures) => {
    const delay = initialDelay * factor ** Math.min(MOST_FAILURES, failures)
    return (delay < maxDelay ? delay : maxDelay) + jitter()
  }
}
