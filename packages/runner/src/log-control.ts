import { type LogFile, log } from '@runnerd/logging'
import type { LogControl } from './control/controlled.ts'
import { readLogChange } from './log-settings.ts'

/** The log's settings as the control socket shows and changes them. */
export function logControl(file: LogFile): LogControl {
  return {
    get: () => file.settings,
    put(change) {
      const wanted = readLogChange(change)
      file.configure(wanted)
      log.msg(`Log settings changed: ${JSON.stringify(wanted)}`)
      return file.settings
    },
  }
}
