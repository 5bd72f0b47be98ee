import { camelCase, elementType, isList, namesOf } from './option-names.ts'
import type { OptionSpec, OptionsSpec } from './option-spec.ts'

/** Holds an option's default and choices against its type: the types of the code promise it. */
export function checkValues(name: string, option: OptionSpec): void {
  const type = elementType(option)
  if (type === 'count' && isList(option)) throw new TypeError(`option ${name}: a count is no list`)
  if (option.endpoint !== undefined && type !== 'string') {
    throw new TypeError(`option ${name}: an endpoint is a string`)
  }
  if (option.positional && (type !== 'string' || !isList(option) || option.alias !== undefined)) {
    throw new TypeError(`option ${name}: what is positional is a list of strings without aliases`)
  }
  const valueType = type === 'count' ? 'number' : type
  for (const choice of option.choices ?? []) {
    if (typeof choice !== valueType) {
      throw new TypeError(`option ${name}: choice ${choice} is not a ${valueType}`)
    }
  }
  const value = option.default ?? undefined
  if (value === undefined) return
  if (Array.isArray(value) !== isList(option)) {
    throw new TypeError(`option ${name}: its default ${isList(option) ? 'is not' : 'is'} a list`)
  }
  for (const each of [value].flat()) {
    if (typeof each !== valueType) {
      throw new TypeError(`option ${name}: its default is not a ${valueType}`)
    }
    if (option.choices && !option.choices.includes(each as string | number)) {
      throw new TypeError(`option ${name}: its default is not one of its choices`)
    }
  }
}

/** No name means two options, and the options that others speak of exist. */
export function checkTogether(spec: OptionsSpec): void {
  const owners = new Map([
    ['help', 'help'],
    ['version', 'version'],
  ])
  const positional = Object.keys(spec).filter((name) => spec[name]?.positional)
  if (positional.length > 1) {
    throw new TypeError(`options ${positional.join(' and ')} can't both be positional`)
  }
  for (const [name, option] of Object.entries(spec)) {
    for (const each of namesOf(name, option)) {
      const owner = owners.get(camelCase(each))
      if (owner !== undefined && owner !== name) {
        throw new TypeError(`option ${name}: ${each} already means option ${owner}`)
      }
      owners.set(camelCase(each), name)
    }
    for (const other of [option.conflicts ?? [], option.implies ?? []].flat(2)) {
      if (!Object.hasOwn(spec, other)) {
        throw new TypeError(`option ${name} speaks of ${other}, which is no option`)
      }
    }
  }
}
