import type { JsonValue, OptionsSpec } from './option-spec.ts'

/**
 * A parameter of {@link Options}, which takes a value:
 * `[long, short, default, description, coerce]`, as in Twisted. Only `long` is
 * needed; `null` stands for no short name and no default.
 *
 * @see Twisted's `twisted.python.usage.Options.optParameters`
 */
export type OptParameter = readonly [
  long: string,
  short?: string | null,
  value?: JsonValue,
  description?: string,
  coerce?: (text: string) => unknown,
]

/**
 * A flag of {@link Options}, which takes none: `[long, short, description]`, as in
 * Twisted. Only `long` is needed. It is `true` when given, else `false`.
 *
 * @see Twisted's `twisted.python.usage.Options.optFlags`
 */
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
 * import { Options, UsageError } from 'runnerd'
 *
 * export class PoetryOptions extends Options {
 *   override optParameters = [
 *     ['port', 'p', 10000, 'The port number to listen on.'],
 *     ['poem', null, null, 'The file containing the poem.'],
 *   ] as const
 *   override optFlags = [['loud', 'l', 'In capitals.']] as const
 *
 *   override postOptions(): void {
 *     if (this.poem === null) throw new UsageError('option --poem is required')
 *   }
 * }
 */
export class Options {
  /** The options that take a value. Read once, from an instance that is made for it. */
  readonly optParameters: readonly OptParameter[] = []

  /** The options that take none. Read as `optParameters` is. */
  readonly optFlags: readonly OptFlag[] = [];

  /** Each option under its long name; a parameter without value or default is `null`. */
  // biome-ignore lint/suspicious/noExplicitAny: the tuples carry no types
  [name: string]: any

  /**
   * Looks the options over once all are known; called once, before `makeService`
   * and in the daemon, for the plugin that was selected and no other. What it
   * returns is awaited and not used: change the properties.
   *
   * @throws {@link UsageError} if they don't fit together
   */
  postOptions(): void | Promise<void> {}
}

/** Options as a maker declares them: data ({@link OptionsSpec}), or Twisted's class ({@link Options}). */
export type OptionsSource = OptionsSpec | (new () => Options)
