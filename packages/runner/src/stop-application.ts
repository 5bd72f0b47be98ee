import { log } from '@runnerd/logging'
import type { Application, IService } from '@runnerd/service'

/**
 * Stops the tree, and waits for it no longer than the deadline. What fails to
 * stop is logged and changes nothing, as in twistd. Returns the names of the
 * services that had not stopped in time.
 *
 * @param timeout in seconds
 */
export async function stopApplication(
  application: Application,
  timeout: number,
): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, timeout * 1000, 'late')
  })
  const stopped = application.stopService().catch((error) => {
    for (const each of errorsOf(error)) log.err(each, 'A service failed to stop')
  })
  const late = (await Promise.race([stopped, deadline])) === 'late'
  clearTimeout(timer)
  if (!late) return []
  const names = stillRunning(application)
  // A service may say that it doesn't run before it has ended.
  return names.length > 0 ? names : [application.name ?? 'the application']
}

function errorsOf(error: unknown): readonly unknown[] {
  return error instanceof AggregateError ? error.errors : [error]
}

/** The innermost services that run, by name where they have one. */
function stillRunning(service: IService): string[] {
  const children = Symbol.iterator in service ? [...(service as Iterable<IService>)] : []
  const inner = children.flatMap(stillRunning)
  if (inner.length > 0 || !service.running) return inner
  return [service.name ?? service.constructor.name]
}
