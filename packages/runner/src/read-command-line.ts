import { delimiter, resolve } from 'node:path'
import { didYouMean, type ParsedOptions, parseOptions, UsageError } from '@runnerd/options'
import { type FoundPlugin, findPlugin, getPlugins, type PluginSearch } from '@runnerd/plugin'
import { ExitStatus } from './exit-status.ts'
import { searchFrom } from './home.ts'
import { type Plan, pathOptions, type Source } from './plan.ts'
import { RunnerError } from './runner-error.ts'
import { comingOptions, recognizedOptions, refusedOptions } from './runner-options.ts'
import { settingsOf } from './settings.ts'

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'list'; readonly search: PluginSearch }
  | { readonly kind: 'version' }
  | { readonly kind: 'plugin-help'; readonly plugin: FoundPlugin }
  | { readonly kind: 'plugin-version'; readonly plugin: FoundPlugin }
  | { readonly kind: 'run'; readonly plan: Plan }

/**
 * Reads the whole command line: runner's own options up to the plugin's name,
 * the plugin's after it. Loads yargs only to parse, which a list, help or
 * version doesn't need.
 *
 * @throws UsageError, and RunnerError for a plugin that isn't there
 */
export async function readCommandLine(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Command> {
  const first = args[0]
  if (first === undefined || (first === '--help' && args.length === 1)) {
    return { kind: 'list', search: searchFrom(cwd, variables, pluginPathOf(variables)) }
  }
  if (first === '--version') return { kind: 'version' }
  if (!first.startsWith('-') && args[1] === '--help') {
    const search = searchFrom(cwd, variables, pluginPathOf(variables))
    return { kind: 'plugin-help', plugin: await select(first, search) }
  }
  return await readWhole(args, variables, cwd)
}

async function readWhole(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Command> {
  const own = await parseOwn(args, variables)
  const given = own.values['plugin-path'] as string[] | undefined
  const pluginPath = given ?? pluginPathOf(variables)
  const search = searchFrom(cwd, variables, pluginPath)
  if (own.version) return { kind: 'version' }
  if (own.help) return { kind: 'list', search }
  const [name, ...rest] = own.rest
  const tac = own.values.tac as string | undefined
  if (name === undefined && tac === undefined) {
    throw new UsageError('cannot run: no plugin named', { hint: 'runner --help lists them' })
  }
  if (name === undefined || tac !== undefined) {
    if (name !== undefined) {
      throw new UsageError(`cannot run ${name}: --tac already says what to run`)
    }
    const source: Source = { kind: 'tac', file: resolve(cwd, tac as string) }
    return { kind: 'run', plan: { settings: await settingsOf(own.values, cwd), source } }
  }
  const plugin = await select(name, search)
  const parsed = await parsePlugin(plugin, rest, variables)
  if (parsed.help) return { kind: 'plugin-help', plugin }
  if (parsed.version) return { kind: 'plugin-version', plugin }
  const settings = await settingsOf(own.values, cwd)
  const moves = settings.rundir !== cwd
  const source: Source = {
    kind: 'plugin',
    tapname: plugin.tapname,
    file: plugin.file,
    export: plugin.export,
    values: moves ? fromHere(plugin, parsed.values, cwd) : parsed.values,
  }
  return { kind: 'run', plan: { settings, source } }
}

async function parseOwn(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<ParsedOptions> {
  const environment = { prefix: 'RUNNER', variables }
  const parsed = await attempt('cannot read the command line', () =>
    parseOptions({ spec: recognizedOptions, args, environment, stopAtFirstArgument: true }),
  )
  for (const [name, reason] of Object.entries(refusedOptions)) {
    if (parsed.values[name] !== undefined) throw new UsageError(`cannot use --${name}: ${reason}`)
  }
  for (const name of comingOptions) {
    if (parsed.values[name] !== undefined) {
      throw new UsageError(`cannot use --${name}: this version does not have it`)
    }
  }
  return parsed
}

async function parsePlugin(
  plugin: FoundPlugin,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<ParsedOptions> {
  const { tapname, options: spec } = plugin
  const environment = { prefix: `RUNNER_${tapname}`, variables }
  return await attempt(`cannot run ${tapname}`, async () => {
    const parsed = await parseOptions({ spec, args, environment })
    const extra = parsed.rest[0]
    if (extra === undefined || parsed.help || parsed.version) return parsed
    throw new UsageError(`unexpected argument ${JSON.stringify(extra)}`)
  })
}

/** Says of a usage error what could not be done, and where the options are listed. */
async function attempt<T>(what: string, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse()
  } catch (error) {
    if (!isUsageError(error)) throw error
    const command = what.startsWith('cannot run ') ? `runner ${what.slice(11)}` : 'runner'
    const hint = error.hint ?? `${command} --help lists the options`
    throw new UsageError(`${what}: ${error.message}`, { hint, cause: error })
  }
}

/** By its code: the parser is a part of its own, with a copy of the class. */
function isUsageError(error: unknown): error is UsageError {
  return (error as Partial<UsageError> | null)?.code === 'ERR_USAGE'
}

async function select(name: string, search: PluginSearch): Promise<FoundPlugin> {
  const discovery = await getPlugins(search)
  const plugin = findPlugin(discovery, name)
  if (plugin !== undefined) return plugin
  const broken = discovery.faults.find(({ reason, file }) => `${file} ${reason}`.includes(name))
  const meant = didYouMean(
    name,
    discovery.plugins.map(({ tapname }) => tapname),
  )
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : broken !== undefined
        ? `${broken.file} can't be read: ${broken.reason}`
        : 'runner --help lists the plugins'
  const message = `cannot find plugin ${name}: no plugin of that name on the module path`
  throw new RunnerError('ERR_NO_PLUGIN', ExitStatus.USAGE, message, { hint })
}

/** A plugin's path options are meant from the starting directory, wherever it will run. */
function fromHere(
  plugin: FoundPlugin,
  values: Readonly<Record<string, unknown>>,
  cwd: string,
): Record<string, unknown> {
  const moved: Record<string, unknown> = { ...values }
  for (const name of pathOptions(plugin.options)) {
    const value = values[name]
    if (typeof value === 'string') moved[name] = resolve(cwd, value)
    if (Array.isArray(value)) moved[name] = value.map((path) => resolve(cwd, String(path)))
  }
  return moved
}

/** What `RUNNER_PLUGIN_PATH` says, for what is answered without parsing. */
function pluginPathOf(variables: NodeJS.ProcessEnv): string[] {
  return (variables.RUNNER_PLUGIN_PATH ?? '').split(delimiter).filter((dir) => dir !== '')
}
