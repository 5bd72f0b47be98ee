import type { OptionsSource } from '@runnerd/options'
import type { IPlugin } from '@runnerd/plugin'
import type { IService } from './i-service.ts'

/**
 * A plugin that makes a service out of options. What `runner NAME` runs.
 *
 * {@link defineServiceMaker} makes one with typed options; an object or an instance
 * of a class that has these members is one too.
 *
 * @see Twisted's `twisted.application.service.IServiceMaker`
 *
 * @example
 * import { type IService, type IServiceMaker, MultiService, Options } from 'runnerd'
 *
 * class EchoOptions extends Options {
 *   override optParameters = [['port', 'p', 7, 'The port number to listen on.']] as const
 * }
 *
 * class EchoMaker implements IServiceMaker {
 *   readonly tapname = 'echo'
 *   readonly description = 'Sends back what it gets.'
 *   readonly options = EchoOptions
 *
 *   makeService(_options: EchoOptions): IService {
 *     return new MultiService()
 *   }
 * }
 *
 * export const echo = new EchoMaker()
 */
export interface IServiceMaker extends IPlugin {
  /**
   * The short name it is called by on the command line, such as `web`: letters,
   * digits, `.`, `_` and `-`, the first a letter or digit, and no verb of runner's.
   */
  readonly tapname: string

  /** A brief summary for the list of plugins. */
  readonly description: string

  /** The options it takes, or a promise of them; none if left out. */
  readonly options?: OptionsSource | Promise<OptionsSource>

  /**
   * `false` if there must be one process that runs it, as where it starts programs or
   * writes a file that is its own: `--workers` of more than one is a usage error then,
   * found before the plugin is loaded. Left out, each worker runs all of it.
   */
  readonly workers?: boolean | undefined

  /**
   * Looks the parsed options over; called once, before `makeService`, and only for
   * the plugin that was selected. What it returns, or its promise resolves with, is
   * used in their place, if it is anything. Not called where `options` is a class:
   * that has a `postOptions` of its own.
   *
   * @throws {@link UsageError} if they don't fit together: status 64
   */
  postOptions?(options: unknown): unknown

  /**
   * Makes the service, out of parsed options or an instance of the `Options` class.
   * Called once; the service is not started yet, and a promise is awaited.
   *
   * @throws {@link UsageError} if it finds the options wrong: status 64. Any other
   * error fails the start with the status of its `code`, if the system gave it one,
   * else with 70
   */
  makeService(options: unknown): IService | Promise<IService>
}

/**
 * Whether a value is a service maker, going by its members: the class it was
 * made by may come from another copy of this package. Doesn't look whether the
 * tapname or the options are good ones. Never throws.
 *
 * @example
 * import { defineServiceMaker, isServiceMaker, MultiService } from 'runnerd'
 *
 * const empty = defineServiceMaker({
 *   tapname: 'empty',
 *   description: 'Does nothing.',
 *   makeService: () => new MultiService(),
 * })
 * isServiceMaker(empty) // true
 */
export function isServiceMaker(value: unknown): value is IServiceMaker {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  const maker = value as Partial<IServiceMaker>
  return (
    typeof maker.tapname === 'string' &&
    typeof maker.description === 'string' &&
    typeof maker.makeService === 'function'
  )
}
