import type { IService } from 'runnerd'

/**
 * A service that runs in this process, as it would under `runner`.
 *
 * @typeParam O - what the maker's `makeService` takes
 */
export interface StartedService<O = Record<string, unknown>> {
  /** What `makeService` returned. */
  readonly service: IService

  /** What `makeService` was given: parsed, with defaults, after `postOptions`. */
  readonly options: O

  /**
   * The lines logged so far, from the call of `startService` to the end of the
   * stop: Twisted's text without the time, `[PoetryFactory] sending 3003 bytes`.
   * A line that was logged over several lines is one, with `\n\t` in it.
   *
   * The log is of the process: while several services run, each has the lines
   * of all of them.
   */
  readonly log: readonly string[]

  /**
   * Waits for a line of the log that matches; one that is there already counts.
   *
   * @returns the first such line
   * @throws Error with the whole log if the service stops first
   */
  line(pattern: RegExp): Promise<string>

  /**
   * Where the first `TCPServer` of the tree is bound, with the real number of
   * port 0. First is in the order in which services start.
   *
   * @throws Error if none listens
   */
  address(): { readonly host: string; readonly port: number }

  /**
   * Stops the service and takes it out of its application. Called again it
   * returns the same promise.
   *
   * @throws what stopping it throws
   */
  stop(): Promise<void>

  /** `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}
