/**
 * Marks an object that a dropin exports as a plugin. A registered symbol, since
 * two installed copies of this package must agree on it; `instanceof` would not.
 */
export const PLUGIN: unique symbol = Symbol.for('runnerd.IPlugin')

/**
 * What a dropin exports. The brand is put on by `defineServiceMaker` and
 * `ServiceMaker`; an object that has a service maker's members passes without.
 *
 * @see Twisted's `twisted.plugin.IPlugin`
 */
export interface IPlugin {
  /** The brand: a symbol registered as `runnerd.IPlugin`. Nobody writes it by hand. */
  readonly [PLUGIN]?: 1
}
