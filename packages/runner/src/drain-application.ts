import { log } from '@runnerd/logging'
import type { Application, IService } from '@runnerd/service'

/**
 * Drains the tree, and waits no longer than the deadline. What fails to drain is
 * logged and changes nothing; connections that are open at the deadline are counted
 * in the log, for they are cut by the stop that follows.
 *
 * @param timeout in seconds
 */
export async function drainApplication(application: Application, timeout: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, timeout * 1000, 'late')
  })
  const drained = application.drain().catch((error) => {
    const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
    for (const each of errors) log.err(each, 'A service failed to drain')
  })
  if ((await Promise.race([drained, late])) === 'late') {
    const open = openConnections(application)
    log.warn(`Not drained within ${timeout} seconds: cutting ${open} connections.`)
  }
  clearTimeout(timer)
}

function openConnections(service: IService): number {
  const children = Symbol.iterator in service ? [...(service as Iterable<IService>)] : []
  const own = listenersOf(service).map(({ connections }) => connections?.open ?? 0)
  return [...own, ...children.map(openConnections)].reduce((sum, each) => sum + each, 0)
}

function listenersOf(service: IService) {
  try {
    return service.describe?.().listeners ?? []
  } catch {
    // It is left out of the status too.
    return []
  }
}
