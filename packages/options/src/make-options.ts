import type { Options, OptionsSource } from './options.ts'
import { UsageError } from './usage-error.ts'

/** Where a maker declares its options, and the code that looks them over. */
interface Maker {
  readonly options?: unknown
  readonly postOptions?: (options: never) => unknown
}

/**
 * Makes what a maker's `makeService` receives out of parsed values: the values
 * themselves, or an instance of Twisted's class with the `coerce` functions
 * applied to what was given. Then `postOptions` runs: the class's
 * where there is a class, else the maker's.
 *
 * @throws UsageError from `postOptions`, or for a value that `coerce` refuses
 */
export async function makeOptions(
  maker: Maker,
  values: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const source = (await maker.options) as OptionsSource | undefined
  if (typeof source === 'function') {
    const options = new source()
    Object.assign(options, fillIn(options, values))
    await options.postOptions?.()
    return options
  }
  const options = { ...values }
  const replaced = await maker.postOptions?.(options as never)
  return replaced ?? options
}

function fillIn(
  options: Options,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const filled: Record<string, unknown> = { ...values }
  for (const [name, , value, , coerce] of options.optParameters ?? []) {
    if (filled[name] === undefined) filled[name] = value ?? null
    else if (coerce) filled[name] = coerced(name, filled[name], coerce)
  }
  return filled
}

function coerced(name: string, value: unknown, coerce: (text: string) => unknown): unknown {
  try {
    return coerce(value as string)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`option --${name}: ${reason}`, { cause: error })
  }
}
