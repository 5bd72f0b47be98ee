import type { OptionSpec, OptionsSpec } from './option-spec.ts'

/** An option with its long name. */
export interface NamedOption {
  readonly name: string
  readonly option: OptionSpec
}

/** Every name that an option is reached by, dashed names in camelCase. */
export function optionNames(spec: OptionsSpec): Map<string, NamedOption> {
  const names = new Map<string, NamedOption>()
  for (const name of ['help', 'version']) names.set(name, { name, option: { type: 'boolean' } })
  for (const [name, option] of Object.entries(spec)) {
    for (const each of namesOf(name, option)) names.set(camelCase(each), { name, option })
  }
  return names
}

/** The option that gets the words that are none, if there is one. */
export function positionalOf(spec: OptionsSpec): NamedOption | undefined {
  const found = Object.entries(spec).find(([, { positional }]) => positional)
  return found && { name: found[0], option: found[1] }
}

/** Those that are given by their names. */
export function withoutPositional(spec: OptionsSpec): OptionsSpec {
  return Object.fromEntries(Object.entries(spec).filter(([, { positional }]) => !positional))
}

/** An option's long name and its aliases. */
export function namesOf(name: string, { alias }: OptionSpec): string[] {
  return [name, ...[alias ?? []].flat()]
}

/** True for an option that takes no value. */
export function isFlag(option: OptionSpec): boolean {
  return option.type === 'boolean' || option.type === 'count'
}

/** True for an option whose value is a list. */
export function isList(option: OptionSpec): boolean {
  return option.array === true || option.type === 'array'
}

/** The type of an option's value, or of each in its list. */
export function elementType({
  type,
  choices,
}: OptionSpec): 'string' | 'number' | 'boolean' | 'count' {
  if (type !== undefined && type !== 'array') return type
  return typeof choices?.[0] === 'number' ? 'number' : 'string'
}

/** `upstreamHost` for `upstream-host`. */
export function camelCase(name: string): string {
  return name.replace(/-+(.)/g, (_, letter: string) => letter.toUpperCase())
}

/** `upstream-host` for `upstreamHost`. */
export function kebabCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
}

/** A name as it is written on a command line. */
export function shown(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}
