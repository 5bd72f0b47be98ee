import type { OptionsSource } from '@runnerd/options'
import type { IPlugin } from '@runnerd/plugin'
import type { IService } from './i-service.ts'

/**
 * A plugin that makes a service out of options. What `runner NAME` runs.
 *
 * @see Twisted's `twisted.application.service.IServiceMaker`
 */
export interface IServiceMaker extends IPlugin {
  /** The short name it is called by on the command line, such as `web`. */
  readonly tapname: string

  /** A brief summary for the list of plugins. */
  readonly description: string

  /** The options it takes, or a promise of them; none if left out. */
  readonly options?: OptionsSource | Promise<OptionsSource>

  /**
   * Looks the parsed options over; called before `makeService`, and only for the
   * plugin that was selected. What it returns, if anything, is used in their place.
   *
   * @throws UsageError if they don't fit together
   */
  postOptions?(options: unknown): unknown

  /** Makes the service. It is not started yet. */
  makeService(options: unknown): IService | Promise<IService>
}

/**
 * Whether a value is a service maker, going by its members: the class it was
 * made by may come from another copy of this package.
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
