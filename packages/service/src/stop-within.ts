/**
 * For whoever ends a process: a stop with a deadline for the whole tree. Not on
 * the door; plugins set the `stopTimeout` of their services.
 */
import type { IService } from './i-service.ts'
import { lifeOf } from './life.ts'
import { type StopListener, stoppingOf } from './stopping.ts'
import { SEVERAL_FAILED } from './throw-all.ts'

export { graceAfter, type LateService, type StopListener } from './stopping.ts'

/**
 * Stops a service, and what it holds, as `stopService` does, whether or not a
 * stop or a start is going on; but waits no longer than the deadline, and a little:
 *
 * - A service that hangs past its own `stopTimeout`, or is the one waited for
 *   when the deadline comes, is waited for no longer, and the others are stopped
 *   all the same, in their order.
 * - After the deadline each that remains is still asked to stop, and has a share
 *   of {@link graceAfter} in which to do so.
 *
 * It takes `seconds` and `graceAfter(seconds)` at most, if the event loop turns.
 * To be called once, for the top of a tree.
 *
 * @returns what went wrong besides lateness. It never rejects
 */
export async function stopWithin(
  service: IService,
  seconds: number,
  listener: StopListener,
): Promise<unknown[]> {
  const stopping = stoppingOf(service)
  if (stopping !== undefined) stopping.listener = listener
  try {
    await lifeOf(service).stopTop(seconds)
    return []
  } catch (error) {
    return failuresIn(error)
  } finally {
    if (stopping !== undefined) stopping.listener = undefined
  }
}

/** Each failure by itself, without those that the listener has heard of. */
function failuresIn(error: unknown): unknown[] {
  try {
    if (error instanceof AggregateError && error.message === SEVERAL_FAILED) {
      return error.errors.flatMap(failuresIn)
    }
    const code = (error as { code?: unknown } | null | undefined)?.code
    return code === 'ERR_SERVICE_LATE' ? [] : [error]
  } catch {
    // A proxy or a getter that throws is no error of ours.
    return [error]
  }
}
