import type { Inheritance } from './inheritance.ts'
import { sdNotify } from './sd-notify.ts'
import { feedWatchdog } from './sd-watchdog.ts'
import { failing, STOPPING, serving } from './unit-status.ts'

/**
 * What a service manager hears of a run, which it knows by one process: the first one,
 * until another has taken over. Of workers the process tells that has started them.
 */
export class MainProcess {
  readonly #inheritance: Inheritance
  #isMain: boolean
  #endFeeding: () => void = () => {}

  constructor(inheritance: Inheritance) {
    this.#inheritance = inheritance
    this.#isMain = inheritance.generation === 1 && inheritance.worker === undefined
  }

  /** All services run. @param workers how many processes serve, where that was asked for */
  ready(workers: number | undefined): void {
    if (!this.#isMain) return
    sdNotify(serving(1, { workers }))
    this.#endFeeding = feedWatchdog(process.env)
  }

  /** Whoever was it before tells of that. */
  takeOver(): void {
    const { worker, parent } = this.#inheritance
    if (worker !== undefined) return
    this.#isMain = true
    // A foreground run that can tell nobody else of it stays the one that is known.
    if (parent === undefined) this.#endFeeding = feedWatchdog(process.env)
  }

  /** Another generation is it from now on. */
  handOver(): void {
    this.#isMain = false
    this.#endFeeding()
  }

  stopping(): void {
    if (this.#isMain) sdNotify(STOPPING)
  }

  /** The start has failed. @param line what is wrong */
  failed(line: string): void {
    if (this.#isMain) sdNotify(failing(line))
  }
}
