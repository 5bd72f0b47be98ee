/**
 * One option, in yargs' own words. It is data (JSON) and never code: help and
 * completion are made from the dropin cache, without the plugin. Code belongs
 * in the maker's `postOptions`. A field that is not one of these, or has a value
 * of another type, makes the plugin one that can't be read.
 *
 * @see yargs' {@link https://yargs.js.org/docs/#api-reference-optionskey-opt | options(key, opt)}
 *
 * @example
 * import type { OptionSpec } from 'runnerd'
 *
 * export const level = {
 *   alias: 'l',
 *   choices: ['low', 'high'],
 *   default: 'low',
 *   describe: 'How much of it.',
 * } as const satisfies OptionSpec
 */
export interface OptionSpec {
  /** Other names for it, without dashes. One letter is a short option: `-p`. */
  readonly alias?: string | readonly string[]
  /**
   * What its value is: left out it is a string, or a number if the `choices` are
   * numbers. `boolean` and `count` take no value; `count` counts how often it is
   * given. `array` is a list of strings, or of numbers if the `choices` are.
   */
  readonly type?: 'string' | 'number' | 'boolean' | 'array' | 'count'
  /**
   * It may be given several times, one value each time, and its value is the list
   * of them in order. In the environment they are separated as PATH is. A list
   * that nothing gives and that has no default is `undefined`. Not for a count.
   */
  readonly array?: boolean
  /** The only values it may have, or each in its list: all strings or all numbers. */
  readonly choices?: readonly (string | number)[]
  /**
   * Its value when neither the command line nor the environment gives one; of its
   * type, one of its `choices`, and a list if it is one. `null` is the same as none.
   * Each run gets a copy.
   */
  readonly default?: JsonValue
  /** What the help shows in place of the default. */
  readonly defaultDescription?: string
  /** One sentence for the help. */
  readonly describe?: string
  /**
   * Refuse to run without it; a string says why, after a colon. With a `default`
   * there is nothing to refuse. The environment may give it too.
   */
  readonly demandOption?: boolean | string
  /** Long names of options that can't be given together with it; defaults don't count. */
  readonly conflicts?: string | readonly string[]
  /** Long names of options that must be given when it is; defaults don't count. */
  readonly implies?: string | readonly string[]
  /** The heading it stands under in the help. */
  readonly group?: string
  /** Leave it out of the help, and out of the hints for a misspelt option. It works as ever. */
  readonly hidden?: boolean
  /** Say in the help that it will go; a string says what to use instead. */
  readonly deprecated?: boolean | string
  /**
   * Its value is a path, or each in its list, meant from the directory runner was
   * started in. With `--rundir` it is made absolute, the default too. For strings.
   */
  readonly normalize?: boolean
  /**
   * Its value is an endpoint string, or each in its list: one to listen on, one to connect
   * to, one to receive datagrams on, or one to do either on, as its prefix says: `udp:` and
   * `udp6:` are of datagrams. A bad one is a usage error before the plugin is loaded, one
   * of a dropin's type when it is. In the environment a list is separated by spaces. For
   * strings.
   */
  readonly endpoint?: 'server' | 'client' | 'datagram' | 'socket'
  /**
   * It is no option: its value are the words that are none. The first of them ends the
   * options, and so does `--`; all that follows belongs to it, whatever it looks like.
   * One at most, with `array` and of strings; the environment doesn't give it.
   */
  readonly positional?: boolean
}

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/**
 * A plugin's options by their long names, without dashes before them. A name is
 * of letters and digits, with single `-` or `_` between; `help` and `version` are
 * runner's own.
 *
 * @example
 * import type { OptionsSpec } from 'runnerd'
 *
 * export const options = {
 *   port: { alias: 'p', type: 'number', default: 7000, describe: 'The port number.' },
 *   'max-clients': { type: 'number', describe: 'How many may be connected at a time.' },
 * } as const satisfies OptionsSpec
 */
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
 *
 * @example
 * import type { InferredOptions } from 'runnerd'
 *
 * const spec = {
 *   port: { type: 'number', default: 7000 },
 *   'log-file': { type: 'string' },
 * } as const
 *
 * export type Values = InferredOptions<typeof spec>
 * export const values: Values = { port: 7000, 'log-file': 'a', logFile: 'a' }
 */
export type InferredOptions<T extends OptionsSpec> = {
  -readonly [N in keyof T & string as N | CamelCase<N>]: Always<T[N]> extends true
    ? Value<T[N]>
    : Value<T[N]> | undefined
}
