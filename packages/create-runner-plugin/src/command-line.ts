import { parseArgs } from 'node:util'
import { CannotCreate, ExitStatus } from './cannot-create.ts'
import { isTemplate, TEMPLATES, type Template } from './template.ts'

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'create'; readonly name: string | undefined; readonly template: Template }

/**
 * Reads the words after the command's name.
 *
 * @throws CannotCreate when they make no sense
 */
export function readCommandLine(args: readonly string[], variables: NodeJS.ProcessEnv): Command {
  const { values, positionals } = parse(args)
  if (values.help) return { kind: 'help' }
  if (values.version) return { kind: 'version' }
  const [name, extra] = positionals
  if (extra !== undefined) {
    const hint = `options come after --: npm create runner-plugin ${name} -- --template tcp`
    throw usageError(`unexpected argument ${JSON.stringify(extra)}`, hint)
  }
  const template = values.template ?? templateKeptByNpm(variables) ?? TEMPLATES[0]
  if (!isTemplate(template)) {
    const hint = `the templates are ${TEMPLATES.join(', ')}`
    throw usageError(`unknown template ${JSON.stringify(template)}`, hint)
  }
  return { kind: 'create', name, template }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        template: { type: 'string', short: 't' },
        help: { type: 'boolean' },
        version: { type: 'boolean' },
      },
    })
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split(/\.\s|\n/)
    const reason = sentence.charAt(0).toLowerCase() + sentence.slice(1).replaceAll("'", '')
    throw usageError(reason, 'npm create runner-plugin -- --help')
  }
}

/** With `--template=http` and no `--` before it, npm takes the option for one of its own. */
function templateKeptByNpm({ npm_config_template: kept }: NodeJS.ProcessEnv): string | undefined {
  return kept === undefined || kept === '' || kept === 'true' ? undefined : kept
}

function usageError(reason: string, hint: string): CannotCreate {
  return new CannotCreate(ExitStatus.USAGE, 'a plugin', reason, hint)
}
