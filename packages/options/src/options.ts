import type { JsonValue, OptionsSpec } from './option-spec.ts'

/** `[long, short, default, description, coerce]`, as in Twisted. */
export type OptParameter = readonly [
  long: string,
  short?: string | null,
  value?: JsonValue,
  description?: string,
  coerce?: (text: string) => unknown,
]

/** `[long, short, description]`, as in Twisted. */
export type OptFlag = readonly [long: string, short?: string | null, description?: string]

/**
 * Twisted's way of declaring options: a subclass with `optParameters` and
 * `optFlags`. An instance is what `makeService` receives; each option is a
 * property of it under its long name.
 *
 * A parameter whose default is a number takes numbers. One with a `coerce`
 * function takes any text, which the function turns into the value, or throws:
 * the operator reads its message as a usage error. The default isn't coerced.
 * Lists of a base class are not inherited by themselves: write
 * `[...super.optParameters, …]`.
 *
 * @see Twisted's `twisted.python.usage.Options`
 *
 * @example
 * class PoetryOptions extends Options {
 *   override optParameters = [
 *     ['port', 'p', 10000, 'The port number to listen on.'],
 *     ['poem', null, null, 'The file containing the poem.'],
 *   ] as const
 * }
 */
export class Options {
  readonly optParameters: readonly OptParameter[] = []
  readonly optFlags: readonly OptFlag[] = [];

  // Twisted's Options is a dict: any name may be one of its options.
  // biome-ignore lint/suspicious/noExplicitAny: the tuples carry no types
  [name: string]: any

  /**
   * Looks the options over once all are known; runs for the plugin that was
   * selected and no other.
   *
   * @throws UsageError if they don't fit together
   */
  postOptions(): void | Promise<void> {}
}

/** Options as a maker declares them: data, or Twisted's class. */
export type OptionsSource = OptionsSpec | (new () => Options)
