import { normalize } from 'node:path'
import { camelCase, elementType, isFlag, isList } from './option-names.ts'
import type { OptionSpec, OptionsSpec } from './option-spec.ts'

/** What was given, by the options' long names. */
export type OptionTexts = ReadonlyMap<string, readonly string[]>

/**
 * The values of all options: what was given, else the default. A dashed one
 * stands under its camelCase name too.
 */
export function optionValues(spec: OptionsSpec, texts: OptionTexts): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(spec)) {
    const given = texts.get(name)
    const value = given ? convert(option, given) : otherwise(option)
    values[name] = value
    if (name.includes('-')) values[camelCase(name)] = value
  }
  return values
}

function convert(option: OptionSpec, texts: readonly string[]): unknown {
  if (option.type === 'count') return texts.length
  const values = texts.map((text) => typed(option, text))
  return isList(option) ? values : values.at(-1)
}

function typed(option: OptionSpec, text: string): unknown {
  const type = elementType(option)
  if (type === 'number') return Number(text)
  if (type === 'boolean') return text === 'true'
  return option.normalize ? normalize(text) : text
}

/** A default is copied: what one run does to its list is not the next one's. */
function otherwise(option: OptionSpec): unknown {
  const value = option.default ?? undefined
  if (value !== undefined) return structuredClone(value)
  if (isList(option) || !isFlag(option)) return undefined
  return option.type === 'count' ? 0 : false
}
