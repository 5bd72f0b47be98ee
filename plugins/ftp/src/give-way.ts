import { access } from 'node:fs'

/**
 * Resolves after a turn of the thread pool. This process sleeps meanwhile, so that a client
 * which it has taken the processor from goes on.
 *
 * curl, 7.88 for one, waits a second before it connects if the reply to EPSV is there when
 * it comes back from sending that.
 */
export function giveWay(): Promise<void> {
  // Whatever comes of it: what counts is that it takes a while.
  return new Promise((resolve) => access('/', () => resolve()))
}
