import { type NamedOption, positionalOf, withoutPositional } from './option-names.ts'
import type { OptionsSpec } from './option-spec.ts'
import { plainText } from './plain-text.ts'

/** The width help is drawn for when `COLUMNS` says nothing; it is Twisted's. */
export const DEFAULT_WIDTH = 80

/** The help of one command. */
export interface HelpRequest {
  /** The synopsis, `runner [options] fastpoetry [options]`. */
  readonly usage: string
  /** What it is, for a paragraph below the synopsis. */
  readonly description?: string
  readonly spec: OptionsSpec
  /** Characters in a line. */
  readonly width?: number
}

/**
 * Draws the help of a command, as yargs does, ending with one line break and
 * with nothing in it that a terminal would act on.
 * yargs is loaded by the first call.
 */
export async function renderHelp(request: HelpRequest): Promise<string> {
  const { bare, yargsOption } = await import('./parser.ts')
  const { description, width = DEFAULT_WIDTH } = request
  const spec = withoutPositional(request.spec)
  const positional = positionalOf(request.spec)
  const usage = `${request.usage}${positional ? ` ${synopsisOf(positional)}` : ''}`
  const { name = '', option } = positional ?? {}
  const told = [description, option?.describe && `${name}: ${option.describe}`].filter(Boolean)
  const parser = bare()
    .wrap(width)
    .usage([`Usage: ${usage}`, ...told].join('\n\n'))
  for (const [name, option] of Object.entries(spec)) parser.option(name, yargsOption(option))
  parser.option('help', { type: 'boolean', describe: 'Show this help and exit.' })
  parser.option('version', { type: 'boolean', describe: 'Show the version and exit.' })
  return `${plainText(await parser.getHelp()).trimEnd()}\n`
}

/** As manuals write it, with `[]` around what may be left out. */
function synopsisOf({ name, option }: NamedOption): string {
  return option.demandOption ? `[--] ${name}...` : `[[--] ${name}...]`
}
