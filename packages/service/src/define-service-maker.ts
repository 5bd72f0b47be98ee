import type { InferredOptions, OptionsSource, OptionsSpec } from '@runnerd/options'
import { PLUGIN } from '@runnerd/plugin'
import type { IService } from './i-service.ts'
import type { IServiceMaker } from './i-service-maker.ts'

/** What options declared as `T` are once they are parsed. */
export type OptionsOf<T extends OptionsSource> = T extends new () => infer O
  ? O
  : T extends OptionsSpec
    ? InferredOptions<T>
    : never

/** What `makeService` receives when `postOptions` returns `R`. */
export type OptionsAfter<T extends OptionsSource, R> =
  | Exclude<Awaited<R>, void>
  | ([Extract<Awaited<R>, void>] extends [never] ? never : OptionsOf<T>)

/** What {@link defineServiceMaker} is given. */
export interface ServiceMakerDefinition<T extends OptionsSource, R> {
  /** The short name it is called by on the command line. */
  readonly tapname: string

  /** A brief summary for the list of plugins. */
  readonly description: string

  /** The options it takes, as data; Twisted's `Options` class works too. */
  readonly options?: T

  /**
   * Looks the parsed options over; what it returns, if anything, is what
   * `makeService` receives. With an `Options` class it is the class that has
   * this method, and this one is not called.
   *
   * @throws UsageError if they don't fit together
   */
  postOptions?(options: OptionsOf<T>): R

  /** Makes the service. It is not started yet. */
  makeService(options: OptionsAfter<T, R>): IService | Promise<IService>
}

/**
 * Makes a service maker out of an object, with the type of `makeService`'s
 * argument taken from `options`, and from `postOptions` if that stands before it
 * and returns something. The result is frozen.
 *
 * @throws TypeError if `tapname`, `description` or `makeService` is missing
 *
 * @example
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
  const { tapname, description, options = {}, postOptions } = definition
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
    postOptions: (parsed: unknown) => postOptions?.call(definition, parsed as OptionsOf<T>),
    makeService: (parsed: unknown) => definition.makeService(parsed as OptionsAfter<T, R>),
  })
}
