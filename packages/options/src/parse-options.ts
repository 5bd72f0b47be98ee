import type { OptionsSpec } from './option-spec.ts'

/** What to parse, and how. */
export interface ParseRequest {
  readonly spec: OptionsSpec
  /** The words of the command line. */
  readonly args: readonly string[]
  /** Where options may come from too; the command line wins. */
  readonly environment?: { readonly prefix: string; readonly variables: NodeJS.ProcessEnv }
  /** The first word that is no option, and all after it, belong to someone else. */
  readonly stopAtFirstArgument?: boolean
}

/**
 * What came out. With `help` or `version` nothing was checked, and the values
 * are the bare texts that the command line gives.
 */
export interface ParsedOptions {
  readonly values: Record<string, unknown>
  /** The words that are no options, in order. */
  readonly rest: readonly string[]
  readonly help: boolean
  readonly version: boolean
}

/**
 * Parses a command line. The last repetition of an option wins, as in twistd.
 * yargs is loaded by the first call.
 *
 * @throws UsageError for an unknown option, a missing or wrong value, a
 *   required option left out, or options that exclude each other
 */
export async function parseOptions(request: ParseRequest): Promise<ParsedOptions> {
  const { parse } = await import('./parser.ts')
  return parse(request)
}
