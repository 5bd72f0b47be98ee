import type { OptionsSource } from '@runnerd/options'
import { PLUGIN } from '@runnerd/plugin'
import type { IService } from './i-service.ts'
import type { IServiceMaker } from './i-service-maker.ts'

/** What the module of a `ServiceMaker` exports. */
interface TapModule {
  readonly options?: OptionsSource
  readonly Options?: OptionsSource
  readonly postOptions?: (options: unknown) => unknown
  readonly makeService?: (options: unknown) => IService | Promise<IService>
}

/**
 * A service maker that names the module which does the work. It is imported
 * when its options are asked for or its service is made, and not before.
 *
 * The module exports `makeService(options)` and, if it takes any, its options as
 * `options` or `Options`; `postOptions` too if it has that.
 *
 * @see Twisted's `twisted.application.service.ServiceMaker`
 *
 * @example
 * export const web = new ServiceMaker(
 *   'Web server',
 *   new URL('./tap.js', import.meta.url).href,
 *   'Serves files over HTTP.',
 *   'web',
 * )
 */
export class ServiceMaker implements IServiceMaker {
  readonly name: string
  readonly module: string
  readonly description: string
  readonly tapname: string

  /**
   * @param module - a file URL or the name of a package, not a relative path:
   * it would be relative to this package
   * @throws TypeError if it is a relative path
   */
  constructor(name: string, module: string, description: string, tapname: string) {
    if (/^\.\.?(\/|$)/.test(module)) {
      throw new TypeError(
        `Cannot import '${module}' from here: pass new URL('${module}', import.meta.url).href`,
      )
    }
    this.name = name
    this.module = module
    this.description = description
    this.tapname = tapname
  }

  /** The module's options, none if it exports none; a promise, since it is imported now. */
  get options(): Promise<OptionsSource> {
    return this.#tap().then((tap) => tap.options ?? tap.Options ?? {})
  }

  async postOptions(options: unknown): Promise<unknown> {
    return (await this.#tap()).postOptions?.(options)
  }

  async makeService(options: unknown): Promise<IService> {
    const { makeService } = await this.#tap()
    if (makeService === undefined) throw new TypeError(`No makeService in '${this.module}'`)
    return makeService(options)
  }

  async #tap(): Promise<TapModule> {
    const tap = (await import(this.module)) as TapModule & { readonly default?: TapModule }
    // Exports of a CommonJS module that Node did not find by reading it are in `default`.
    return tap.makeService ? tap : (tap.default ?? tap)
  }
}

// Not a member: a declaration file can't be made of a computed one.
Object.defineProperty(ServiceMaker.prototype, PLUGIN, { value: 1 })
