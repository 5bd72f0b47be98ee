import { type OptionsSource, type OptionsSpec, optionsData, parseOptions } from '@runnerd/options'
import { type IServiceMaker, UsageError } from 'runnerd'
import type { OptionArguments } from './option-arguments.ts'

/**
 * The values that the maker's options have for a command line, as the command
 * would parse it; the environment is not read.
 *
 * @throws UsageError as the operator gets it
 * @throws TypeError if the maker's options are none, or for a value that no
 *   command line can give
 */
export async function readOptions(
  maker: IServiceMaker,
  args: OptionArguments,
): Promise<Record<string, unknown>> {
  const spec = optionsData((await maker.options) as OptionsSource | undefined)
  const words = isWords(args) ? args : wordsFor(args, spec)
  const { tapname } = maker
  try {
    const { values, rest, help, version } = await parseOptions({ spec, args: words })
    if (help || version) throw new UsageError('--help and --version start no service')
    if (rest.length === 0) return values
    throw new UsageError(`unexpected argument ${JSON.stringify(rest[0])}`)
  } catch (error) {
    if (!isUsageError(error)) throw error
    const hint = error.hint ?? `runner ${tapname} --help lists the options`
    throw new UsageError(`cannot run ${tapname}: ${error.message}`, { hint, cause: error })
  }
}

function isWords(args: OptionArguments): args is readonly string[] {
  return Array.isArray(args)
}

function isUsageError(error: unknown): error is UsageError {
  return (error as Partial<UsageError> | null)?.code === 'ERR_USAGE'
}

/** The words that give these values, so that they are held to what a command line is held to. */
function wordsFor(values: { readonly [option: string]: unknown }, spec: OptionsSpec): string[] {
  const order = (name: string): number => (spec[name]?.positional ? 1 : 0)
  const sorted = Object.entries(values).sort(([one], [other]) => order(one) - order(other))
  return sorted.flatMap(([name, value]) => {
    if (value === undefined || value === null) return []
    if (spec[name]?.positional) return ['--', ...[value].flat().map((each) => textOf(name, each))]
    if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`]
    if (spec[name]?.type === 'count') return Array(Number(value)).fill(`--${name}`)
    return [value].flat().map((each) => `--${name}=${textOf(name, each)}`)
  })
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new TypeError(`option ${name}: no command line can give a value of type ${typeof value}`)
}
