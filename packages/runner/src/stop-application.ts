import { log } from '@runnerd/logging'
import { counted } from '@runnerd/options'
import type { Application } from '@runnerd/service'
import { servicePath } from '@runnerd/service/service-path'
import { stopWithin } from '@runnerd/service/stop-within'
import type { RunControl } from './control/open-control.ts'
import { watchForExit } from './interrupted-stop.ts'
import type { Watchdog } from './watchdog.ts'

/**
 * Stops the tree within a deadline, and sees to it that the process ends though
 * nothing in it should run any more. What fails to stop is logged and changes
 * nothing, as in twistd. What is late is logged by its path in the tree.
 *
 * @param seconds that all services together may take
 * @param control tells whoever waits for the stop when the process is made to exit meanwhile
 * @returns the paths of what was late
 */
export async function stopApplication(
  application: Application,
  seconds: number,
  watchdog: Watchdog,
  control: Pick<RunControl, 'cutShort'> | undefined,
): Promise<readonly string[]> {
  const late: string[] = []
  watchdog.start()
  const stopWatching = watchForExit(application, (report) => control?.cutShort(report))
  const errors = await stopWithin(application, seconds, {
    onStop: (service) => watchdog.blame(servicePath(service)),
    onLate: (each) => {
      late.push(each.path)
      log.error(`Not stopped within ${counted(each.seconds, 'second')}: ${each.path}`)
    },
  })
  // An error that nobody catches comes up when the event loop turns: it is of this stop.
  await new Promise(setImmediate)
  stopWatching()
  watchdog.expectEnd()
  for (const error of errors) log.err(error, 'A service failed to stop')
  return late
}
