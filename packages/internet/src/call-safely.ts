import { log } from '@runnerd/logging'

/**
 * Calls code of a plugin with its log lines marked `[system]`. An error that it
 * throws, or that its promise rejects with, is logged and then given to `onError`.
 *
 * @internal
 */
export function callSafely(
  system: string,
  call: () => void,
  onError: (error: unknown) => void,
): void {
  const fail = (error: unknown): void => {
    log.withSystem(system, () => log.err(error))
    onError(error)
  }
  try {
    // An async function is one that returns nothing, to the type checker; others may
    // return anything, such as their socket.
    const result: unknown = log.withSystem(system, call)
    if (result instanceof Promise) result.then(undefined, fail)
  } catch (error) {
    fail(error)
  }
}
