import type { FoundPlugin, PluginSearch } from '@runnerd/plugin'
import type { DaemonVerbName } from './daemon-verbs/names.ts'
import { pluginPathOf, searchFrom } from './home.ts'
import type { Plan } from './plan.ts'
import { selectPlugin } from './select-plugin.ts'

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'list'; readonly search: PluginSearch }
  | { readonly kind: 'version' }
  | { readonly kind: 'plugin-help'; readonly plugin: FoundPlugin }
  | { readonly kind: 'plugin-version'; readonly plugin: FoundPlugin }
  | { readonly kind: 'plugins'; readonly args: readonly string[]; readonly search: PluginSearch }
  | {
      readonly kind: 'daemon-verb'
      readonly name: DaemonVerbName
      readonly args: readonly string[]
      /** What was said before the verb. */
      readonly pidfile: string | undefined
    }
  | { readonly kind: 'check'; readonly plan: Plan }
  | { readonly kind: 'check-help' }
  | { readonly kind: 'run'; readonly plan: Plan }

/**
 * Reads the whole command line: runner's own options up to the plugin's name,
 * the plugin's after it. A list, help or version is told at a glance; what parses
 * the rest is loaded only for it.
 *
 * @param startedAs the path that the command was started by
 *
 * @throws UsageError, and RunnerError for a plugin that isn't there
 */
export async function readCommandLine(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
  startedAs: string | undefined = process.argv[1],
): Promise<Command> {
  const first = args[0]
  if (first === undefined || (first === '--help' && args.length === 1)) {
    return { kind: 'list', search: searchFrom(cwd, variables, pluginPathOf(variables)) }
  }
  if (first === '--version') return { kind: 'version' }
  const search = searchFrom(cwd, variables, pluginPathOf(variables))
  if (first === 'plugins') return { kind: 'plugins', args: args.slice(1), search }
  if (first === 'check' && args[1] === '--help') return { kind: 'check-help' }
  if (!first.startsWith('-') && args[1] === '--help') {
    return { kind: 'plugin-help', plugin: await selectPlugin(first, search) }
  }
  const { readWholeLine } = await import('./read-whole-line.ts')
  return await readWholeLine(args, variables, cwd, selectPlugin, startedAs)
}
