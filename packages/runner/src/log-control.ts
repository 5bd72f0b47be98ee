import { type LogFile, log } from '@runnerd/logging'
import type { LogControl } from './control/controlled.ts'
import { readLogChange } from './log-settings.ts'

/** The log's settings as the control socket shows and changes them. */
export function logControl(file: LogFile): LogControl {
  return {
    get: () => file.settings,
    put(change) {
      const wanted = readLogChange(change)
      const say = (): void => log.msg(`Log settings changed: ${JSON.stringify(wanted)}`)
      // Before, or else after: at one of the two it may not be serious enough to be logged.
      const isHeard = file.accepts('info')
      if (isHeard) say()
      file.configure(wanted)
      if (!isHeard) say()
      return file.settings
    },
  }
}
