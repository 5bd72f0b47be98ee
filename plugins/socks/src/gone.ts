import type { Socket } from 'node:net'
import { Failure } from './failure.ts'

/** Why nothing is done for a client who has hung up. */
export function gone(): Failure {
  return new Failure('general failure', 'the client is gone')
}

/** After a wait: its end would not be heard of any more. @throws Failure */
export function refuseGone(client: Socket): void {
  if (client.destroyed) throw gone()
}
