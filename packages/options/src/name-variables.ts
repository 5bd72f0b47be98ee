import { shown } from './option-names.ts'
import { UsageError } from './usage-error.ts'

/** The variables that options were read from, by the names of the options. */
export type OptionVariables = Readonly<Record<string, string>>

/**
 * Has a usage error that speaks of options say which of them nobody typed: its hint names
 * the variables that they are from. Any other error stays as it is.
 *
 * @internal
 */
export function nameVariables(error: unknown, variables: OptionVariables): unknown {
  if (!isUsageError(error)) return error
  const said = Object.entries(variables).flatMap(([name, variable]) =>
    speaksOf(error.message, name) ? [`${shown(name)} is from the variable ${variable}`] : [],
  )
  if (said.length === 0) return error
  const hint = [...said, error.hint ?? []].flat().join('; ')
  return new UsageError(error.message, { hint, cause: error })
}

/** By its code: a plugin may have another copy of the class. */
function isUsageError(error: unknown): error is UsageError {
  return (error as Partial<UsageError> | null | undefined)?.code === 'ERR_USAGE'
}

/** What is read from a variable has a name of letters, digits, `-` and `_`. */
function speaksOf(message: string, name: string): boolean {
  return new RegExp(`(?<![\\w-])${shown(name)}(?![\\w-])`).test(message)
}
