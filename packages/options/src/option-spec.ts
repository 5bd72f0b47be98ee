/**
 * One option, in yargs' own words. It is data (JSON) and never code: help and
 * completion are made from the dropin cache, without the plugin. Code belongs
 * in the maker's `postOptions`.
 *
 * @see https://yargs.js.org/docs/#api-reference-optionskey-opt
 */
export interface OptionSpec {
  /** Other names for it. One letter is a short option: `-p`. */
  readonly alias?: string | readonly string[]
  /** What its value is. Left out: a string. `count` counts how often it is given. */
  readonly type?: 'string' | 'number' | 'boolean' | 'array' | 'count'
  /** It may be given several times, and its value is a list. */
  readonly array?: boolean
  /** The only values it may have. */
  readonly choices?: readonly (string | number)[]
  /** Its value when neither the command line nor the environment gives one. */
  readonly default?: JsonValue
  /** What help shows in place of the default. */
  readonly defaultDescription?: string
  /** One sentence for the help. */
  readonly describe?: string
  /** Refuse to run without it; a string says why. */
  readonly demandOption?: boolean | string
  /** Names of options that can't be given together with it. */
  readonly conflicts?: string | readonly string[]
  /** Names of options that must be given when it is. */
  readonly implies?: string | readonly string[]
  /** The heading it stands under in the help. */
  readonly group?: string
  /** Leave it out of the help. */
  readonly hidden?: boolean
  /** Say in the help that it will go; a string says what to use instead. */
  readonly deprecated?: boolean | string
  /** Its value is a path, meant from the directory runner was started in. */
  readonly normalize?: boolean
}

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** A plugin's options by their long names. */
export type OptionsSpec = { readonly [name: string]: OptionSpec }

type Element<S extends OptionSpec> = S extends { readonly choices: readonly (infer C)[] }
  ? C
  : S extends { readonly type: 'number' | 'count' }
    ? number
    : S extends { readonly type: 'boolean' }
      ? boolean
      : string

type Value<S extends OptionSpec> = S extends { readonly type: 'array' }
  ? Element<S>[]
  : S extends { readonly array: true }
    ? Element<S>[]
    : Element<S>

type Always<S extends OptionSpec> = S extends { readonly default: infer D }
  ? D extends null
    ? false
    : true
  : S extends { readonly demandOption: true | string }
    ? true
    : S extends { readonly array: true }
      ? false
      : S extends { readonly type: 'boolean' | 'count' }
        ? true
        : false

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/**
 * What `makeService` receives for options declared as data: each under its own
 * name, and a dashed one under its camelCase name too. An option without a
 * default that isn't demanded may be `undefined`; a flag is `false` and a
 * count 0 when not given.
 */
export type InferredOptions<T extends OptionsSpec> = {
  -readonly [N in keyof T & string as N | CamelCase<N>]: Always<T[N]> extends true
    ? Value<T[N]>
    : Value<T[N]> | undefined
}
