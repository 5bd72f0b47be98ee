import type { InferredOptions, OptionsSource, OptionsSpec } from '@runnerd/options'
import { PLUGIN } from '@runnerd/plugin'
import type { IService } from './i-service.ts'
import type { IServiceMaker } from './i-service-maker.ts'

/**
 * What options declared as `T` are once they are parsed: an instance of an
 * `Options` class, {@link InferredOptions} of options that are data.
 *
 * @typeParam T - the type of the declaration, `typeof options`
 */
export type OptionsOf<T extends OptionsSource> = T extends new () => infer O
  ? O
  : T extends OptionsSpec
    ? InferredOptions<T>
    : never

/**
 * What `makeService` receives when `postOptions` returns `R`: that, awaited; the
 * parsed options where it returns nothing.
 *
 * @typeParam T - the type of the options' declaration
 * @typeParam R - what `postOptions` returns, or a promise of it
 */
export type OptionsAfter<T extends OptionsSource, R> =
  | Exclude<Awaited<R>, void>
  | ([Extract<Awaited<R>, void>] extends [never] ? never : OptionsOf<T>)

/**
 * What {@link defineServiceMaker} is given.
 *
 * @typeParam T - the type of `options`, taken from them
 * @typeParam R - what `postOptions` returns, taken from it
 */
export interface ServiceMakerDefinition<T extends OptionsSource, R> {
  /**
   * The short name it is called by on the command line: letters, digits, `.`, `_`
   * and `-`, the first a letter or digit, and no verb of runner's own.
   */
  readonly tapname: string

  /** A brief summary for the list of plugins. */
  readonly description: string

  /** The options it takes, as data; Twisted's `Options` class works too. */
  readonly options?: T

  /**
   * `false` if there must be one process that runs it, as where it starts programs or
   * writes a file that is its own: `--workers` of more than one is a usage error then,
   * found before the plugin is loaded. Left out, each worker runs all of it.
   */
  readonly workers?: boolean | undefined

  /**
   * Looks the parsed options over; called once, before `makeService` and in the
   * daemon. What it returns, or its promise resolves with, is what `makeService`
   * receives; the options themselves if that is nothing. With an `Options` class
   * it is the class that has this method, and this one is not called.
   *
   * @throws {@link UsageError} if they don't fit together: status 64
   */
  postOptions?(options: OptionsOf<T>): R

  /**
   * Makes the service; called once, when the log is open and before the working
   * directory, the umask and the user change. The service is not started yet:
   * runner does that. A promise is awaited.
   *
   * @throws {@link UsageError} if it finds the options wrong: status 64. Any other
   * error fails the start with the status of its `code`, if the system gave it one,
   * else with 70
   */
  makeService(options: OptionsAfter<T, R>): IService | Promise<IService>
}

/**
 * Makes a service maker out of an object, with the type of `makeService`'s
 * argument taken from `options`, and from `postOptions` if that stands before it
 * and returns something. The result is frozen. Nothing is registered: a dropin
 * exports it, under any name, and one dropin may export several.
 *
 * @typeParam T - the type of `options`, taken from them
 * @typeParam R - what `postOptions` returns, taken from it
 *
 * @throws TypeError if `tapname`, `description` or `makeService` is missing. What
 * else is wrong with the tapname or the options is found when the dropin is read
 *
 * @example
 * import { defineServiceMaker, log, Service } from 'runnerd'
 *
 * class GreetingService extends Service {
 *   readonly #whom: string
 *
 *   constructor(whom: string) {
 *     super()
 *     this.#whom = whom
 *   }
 *
 *   override startService(): void {
 *     super.startService()
 *     log.msg(`hello ${this.#whom}`)
 *   }
 * }
 *
 * export const hello = defineServiceMaker({
 *   tapname: 'hello',
 *   description: 'Says hello.',
 *   options: { name: { type: 'string', demandOption: true, describe: 'Whom to greet.' } },
 *   makeService: (options) => new GreetingService(options.name),
 * })
 */
export function defineServiceMaker<
  // biome-ignore lint/complexity/noBannedTypes: no options are no properties
  const T extends OptionsSource = {},
  R = void,
>(definition: ServiceMakerDefinition<T, R>): IServiceMaker {
  const { tapname, description, options = {}, workers = true, postOptions } = definition
  if (typeof tapname !== 'string' || typeof description !== 'string') {
    throw new TypeError('A service maker needs a tapname and a description')
  }
  if (typeof definition.makeService !== 'function') {
    throw new TypeError(`The service maker '${tapname}' needs a makeService function`)
  }
  return Object.freeze({
    [PLUGIN]: 1 as const,
    tapname,
    description,
    options,
    workers,
    postOptions: (parsed: unknown) => postOptions?.call(definition, parsed as OptionsOf<T>),
    makeService: (parsed: unknown) => definition.makeService(parsed as OptionsAfter<T, R>),
  })
}
