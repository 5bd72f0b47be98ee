import { constants } from 'node:os'
import { ExitStatus } from './exit-status.ts'
import type { End, Generation } from './generation.ts'
import type { Outcome } from './outcome.ts'
import { type StopSignal, stopSignals } from './stop-signals.ts'

/** How long the generation before may take to say that it accepts no more, in ms. */
const PATIENCE = 1000

/**
 * The first process of a foreground run, once another generation serves: whoever
 * started it sees one process still. It sends signals on, and ends as the
 * generation does that serves then.
 */
export class LightParent {
  current: Generation
  readonly #stopSelf: () => void
  readonly #abandon: () => Promise<void>
  readonly #stopTimeout: number
  readonly #draining = new Set<Generation>()
  readonly #last: Promise<End | undefined>
  #tellLast: (end: End | undefined) => void = () => {}
  /** What all of it was told to stop by. */
  #stopSignal: StopSignal | undefined

  /**
   * @param stopSelf has this process's own services stop, which drain until then
   * @param abandon ends a generation that hasn't taken over yet
   * @param stopTimeout what each has to stop, in seconds
   */
  constructor(
    first: Generation,
    stopSelf: () => void,
    abandon: () => Promise<void>,
    stopTimeout: number,
  ) {
    this.current = first
    this.#stopSelf = stopSelf
    this.#abandon = abandon
    this.#stopTimeout = stopTimeout
    this.#last = new Promise((resolve) => {
      this.#tellLast = resolve
    })
    this.#watch(first)
    for (const signal of stopSignals) this.#hear(signal, () => this.#stopAll(signal))
    this.#hear('SIGUSR1', () => this.current.kill('SIGUSR1'))
  }

  /**
   * Another generation has taken over from the current one. Resolves when that accepts
   * no more, so that whoever hears of the reload meets the new one; one that is hung
   * keeps nobody waiting.
   */
  async follow(next: Generation): Promise<void> {
    const before = this.current
    this.#draining.add(before)
    this.current = next
    this.#watch(next)
    // It may be gone: then it has nothing left to drain.
    const retired = before.channel.ask('retire', undefined).catch(() => {})
    // The one before may have been told to stop when it was no more the one to stop.
    if (this.#stopSignal !== undefined) next.stop(this.#stopSignal)
    await Promise.race([retired, new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())])
  }

  /** Waits for the end of the generation that serves last, and ends the others with it. */
  async end(): Promise<Outcome> {
    const end = await this.#last
    // A second signal would have them end where they stand.
    if (this.#stopSignal === undefined) this.#stopDraining('SIGTERM')
    await this.#abandon()
    // One that has just taken over is told to stop like them.
    const rest = [...this.#draining, this.current]
    const late = setTimeout(() => {
      for (const generation of rest) generation.kill('SIGKILL')
    }, this.#stopTimeout * 1000)
    await Promise.all(rest.map(({ ended }) => ended))
    clearTimeout(late)
    return outcomeOf(end)
  }

  #watch(generation: Generation): void {
    generation.ended.then((end) => {
      this.#draining.delete(generation)
      generation.channel.close()
      if (generation !== this.current) return
      this.#stopSelf()
      this.#tellLast(end)
    })
  }

  #hear(signal: NodeJS.Signals, listener: () => void): void {
    process.removeAllListeners(signal)
    process.on(signal, listener)
  }

  #stopAll(signal: StopSignal): void {
    this.current.stop(signal)
    this.#stopDraining(signal)
  }

  #stopDraining(signal: StopSignal): void {
    this.#stopSignal ??= signal
    this.#abandon().catch(() => {})
    for (const generation of this.#draining) generation.stop(signal)
    this.#stopSelf()
  }
}

function outcomeOf(end: End | undefined): Outcome {
  if (end === undefined) return { status: ExitStatus.SOFTWARE }
  const { status, signal } = end
  if (signal === null) return { status: status ?? ExitStatus.SOFTWARE }
  if ((stopSignals as readonly string[]).includes(signal)) return { signal: signal as StopSignal }
  return { status: 128 + constants.signals[signal] }
}
