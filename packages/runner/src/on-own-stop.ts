import type { Application } from '@runnerd/service'

/**
 * Has `tell` called when the tree begins to stop, by whomever: one that is stopped from
 * within ends its run, as `reactor.stop()` does.
 */
export function onOwnStop(application: Application, tell: () => void): void {
  const stopService = application.stopService
  application.stopService = () => {
    // At once, so that this stop too has its deadline.
    tell()
    return stopService.call(application)
  }
}
