import { log } from '@runnerd/logging'

/**
 * Calls code of a plugin with its log lines marked `[system]`. An error that it
 * throws, or that its promise rejects with, is logged and then given to `onError`.
 *
 * @internal
 */
export function callSafely(
  system: string,
  call: () => void | Promise<void>,
  onError: (error: unknown) => void,
): void {
  const fail = (error: unknown): void => {
    log.withSystem(system, () => log.err(error))
    onError(error)
  }
  try {
    const result: unknown = log.withSystem(system, call)
    // A function that is to return nothing may return anything, such as its socket.
    if (result instanceof Promise) result.then(undefined, fail)
  } catch (error) {
    fail(error)
  }
}
