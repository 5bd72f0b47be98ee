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
 * `options` or `Options`; `postOptions` too if it has that. `defineServiceMaker`
 * does for a dropin that is small; this keeps a big one from being loaded with it.
 *
 * @see Twisted's `twisted.application.service.ServiceMaker`
 *
 * @example
 * import { ServiceMaker } from 'runnerd'
 *
 * export const web = new ServiceMaker(
 *   'Web server',
 *   new URL('./tap.js', import.meta.url).href,
 *   'Serves files over HTTP.',
 *   'web',
 * )
 */
export class ServiceMaker implements IServiceMaker {
  /** What it is called by people, such as `Web server`; shown nowhere yet. */
  readonly name: string

  /**
   * The module that does the work: a file URL or the name of a package. Node itself
   * imports it, also where the dropin is TypeScript that Node can't run.
   */
  readonly module: string

  readonly description: string
  readonly tapname: string

  /**
   * @param name - what it is called by people, such as `Web server`
   * @param module - a file URL or the name of a package, not a relative path:
   * it would be relative to this package
   * @param description - a brief summary for the list of plugins
   * @param tapname - the short name it is called by on the command line
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

  /**
   * The module's options, none if it exports none; a promise, since it is imported
   * now. It rejects if the module can't be imported.
   */
  get options(): Promise<OptionsSource> {
    return this.#tap().then((tap) => tap.options ?? tap.Options ?? {})
  }

  /** Calls the module's `postOptions`, if it has one. */
  async postOptions(options: unknown): Promise<unknown> {
    return (await this.#tap()).postOptions?.(options)
  }

  /**
   * Calls the module's `makeService`.
   *
   * @throws TypeError if it has none
   */
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
