import { log } from '@runnerd/logging'
import type { Application, IService } from '@runnerd/service'
import { servicePath } from '@runnerd/service/service-path'
import { stateOf } from '@runnerd/service/service-state'
import type { StopReport } from './control/controlled.ts'
import { ExitStatus } from './exit-status.ts'

/**
 * Watches a stop for a plugin that exits in the middle of it: which services had not
 * stopped is logged, and such an end is no success. A status of failure of the
 * plugin's own stays.
 *
 * @param tell hears of it too, while the process ends: what it leaves for later never comes
 * @returns to be called when the stop is over
 */
export function watchForExit(
  application: Application,
  tell: (report: StopReport) => void,
): () => void {
  const interrupted = (asked: number): void => {
    const paths = stillToStop(application).map(servicePath)
    const named = paths.length > 0 ? paths : [servicePath(application)]
    log.error(`Not stopped, since the process was made to exit: ${named.join(', ')}`)
    const status = asked === ExitStatus.OK ? ExitStatus.SOFTWARE : asked
    process.exitCode = status
    tell({ late: named, status })
  }
  // Before the one that closes the log.
  process.prependListener('exit', interrupted)
  return () => void process.off('exit', interrupted)
}

/** What is in a tree, without the collections that hold it. */
function stillToStop(service: IService): IService[] {
  const children = Symbol.iterator in service ? [...(service as Iterable<IService>)] : []
  if (children.length > 0) return children.flatMap(stillToStop)
  const { state } = stateOf(service)
  return state === 'stopped' || state === 'failed' ? [] : [service]
}
