/**
 * A plugin's options for a test: the words of a command line, or values by the
 * options' long names. A dashed name may be written in camelCase. `undefined`
 * and `null` are options not given.
 */
export type OptionArguments = readonly string[] | { readonly [option: string]: unknown }
