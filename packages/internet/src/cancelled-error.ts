/**
 * What was waited for will not come, because somebody stopped it: a connection attempt
 * whose signal was aborted, or `ClientService.whenConnected` when the service is
 * stopped. Recognise it by `code`.
 *
 * @see Twisted's `twisted.internet.defer.CancelledError`
 *
 * @example
 * import { clientFromString } from 'runnerd'
 *
 * const connecting = clientFromString('tcp:localhost:10000').connect(() => {}, AbortSignal.abort())
 * await connecting.catch(({ code }) => console.error(code)) // ERR_CANCELLED
 */
export class CancelledError extends Error {
  /** Always `CancelledError`. */
  override readonly name = 'CancelledError'

  /** Always `ERR_CANCELLED`. */
  readonly code = 'ERR_CANCELLED'

  /** @param message - what was cancelled */
  constructor(message = 'the connection attempt was cancelled') {
    super(message)
  }
}
