import { flushStdio, type LogFile, log } from '@runnerd/logging'
import type { Application } from '@runnerd/service'
import type { ControlledRun } from './control/controlled-run.ts'
import type { RunControl } from './control/open-control.ts'
import type { Keeper } from './keeper.ts'
import { LogCounts } from './log-counts.ts'
import type { Monitor } from './monitor/monitor.ts'
import { noPidFile, type PidFile } from './pid-file.ts'
import type { RunnerSettings } from './plan.ts'

/** The longest that a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

/** What a run has, from the step of its start that makes it to its end, which gives it back. */
export class Belongings {
  /** The settings, with their paths as this process has them when its root has changed. */
  settings: RunnerSettings
  file: LogFile | undefined
  application: Application | undefined
  pidFile: PidFile = noPidFile
  controlled: ControlledRun | undefined
  monitor: Monitor | undefined
  control: RunControl | undefined
  keeper: Keeper | undefined
  endProfile: () => void = () => {}
  readonly logged: LogCounts = new LogCounts()
  readonly #keepAlive: NodeJS.Timeout

  /** @param keeper the one that the generation before has handed on */
  constructor(settings: RunnerSettings, keeper: Keeper | undefined) {
    this.settings = settings
    this.keeper = keeper
    // A service that holds nothing open is kept up all the same.
    this.#keepAlive = setInterval(() => {}, LONGEST)
  }

  /** Another process answers those who ask how it is; resolves when these have their answers. */
  async letGo(): Promise<void> {
    this.control?.letGo()
    await this.monitor?.letGo()
  }

  /**
   * Whatever comes, the pid file goes and the log keeps all; doing it twice does
   * nothing. The promise is of a log that has lines under way.
   *
   * @param lastLine what is logged before the log is closed
   */
  giveBack(lastLine: string | undefined): Promise<void> | void {
    clearInterval(this.#keepAlive)
    this.control?.remove()
    this.pidFile.remove()
    this.endProfile()
    const { file } = this
    this.file = undefined
    if (file === undefined) return
    // A prompt or a crash's last words often have no newline.
    flushStdio()
    if (lastLine !== undefined) log.msg(lastLine)
    return file.close()
  }
}
