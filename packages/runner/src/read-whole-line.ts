import { resolve } from 'node:path'
import {
  camelCase,
  nameVariables,
  type ParsedOptions,
  parseOptions,
  UsageError,
} from '@runnerd/options'
import type { FoundPlugin, PluginSearch } from '@runnerd/plugin'
import type { CheckedEndpoints } from './check-endpoints.ts'
import { isDaemonVerb } from './daemon-verbs/names.ts'
import { pluginPathOf, searchFrom } from './home.ts'
import { type Launch, pathOptions, type Source } from './plan.ts'
import type { Command } from './read-command-line.ts'
import { refuseEmpty } from './refuse-empty.ts'
import { recognizedOptions, refusedOptions } from './runner-options.ts'
import type { selectPlugin } from './select-plugin.ts'
import { settingsOf } from './settings.ts'

/**
 * Reads a command line with options in it.
 *
 * @param select finds a plugin; whoever calls this has it loaded already
 *
 * @throws UsageError, and RunnerError for a plugin that isn't there
 */
export async function readWholeLine(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
  select: typeof selectPlugin,
  startedAs: string | undefined,
): Promise<Command> {
  const own = await parseOwn(args, variables)
  const { rest } = own
  if (rest[0] !== 'check' || own.help || own.version) {
    return await readRun(own, args, variables, cwd, select, startedAs)
  }
  // A run's command line is what is left without it.
  const words = [...args.slice(0, args.length - rest.length), ...rest.slice(1)]
  const ofRun = await parseOwn(words, variables)
  return checkOf(await readRun(ofRun, words, variables, cwd, select, startedAs))
}

/** Has what is wrong with an option name the variable that it is from. */
async function naming<T>({ variables }: ParsedOptions, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw nameVariables(error, variables)
  }
}

/** What `check` in front of a command asks for; what would only tell something does so. */
function checkOf(command: Command): Command {
  if (command.kind === 'run') return { kind: 'check', plan: command.plan }
  if (command.kind === 'list') return { kind: 'check-help' }
  if (command.kind !== 'plugins' && command.kind !== 'daemon-verb') return command
  const name = command.kind === 'plugins' ? command.kind : command.name
  const hint = 'runner check --help says what can be checked'
  throw new UsageError(`cannot check ${name}: it is no plugin`, { hint })
}

async function readRun(
  own: ParsedOptions,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
  select: typeof selectPlugin,
  startedAs: string | undefined,
): Promise<Command> {
  const given = own.values['plugin-path'] as string[] | undefined
  const pluginPath = given ?? pluginPathOf(variables)
  const search = searchFrom(cwd, variables, pluginPath, startedAs)
  const launch: Launch = { args, cwd, startedAs, umask: process.umask() }
  if (own.version) return { kind: 'version' }
  if (own.help) return { kind: 'list', search }
  const [name, ...rest] = own.rest
  const tac = own.values.tac as string | undefined
  if (name === undefined && tac === undefined) {
    throw new UsageError('cannot run: no plugin named', { hint: 'runner --help lists them' })
  }
  if (name === undefined || tac !== undefined) {
    if (name !== undefined) {
      const error = new UsageError(`cannot run ${name}: --tac already says what to run`)
      throw nameVariables(error, own.variables)
    }
    const source: Source = { kind: 'tac', file: resolve(cwd, tac as string) }
    const settings = await naming(own, () => settingsOf(own.values, cwd))
    return { kind: 'run', plan: { settings, source, launch, pluginPath, endpointTypes: [] } }
  }
  if (name === 'plugins') return { kind: 'plugins', args: rest, search }
  if (isDaemonVerb(name)) {
    const before = args.slice(0, args.length - own.rest.length)
    const isSaid = before.some((word) => /^--pidfile(=|$)/.test(word))
    const pidfile = isSaid ? (own.values.pidfile as string) : undefined
    return { kind: 'daemon-verb', name, args: rest, pidfile }
  }
  const plugin = await select(name, search)
  const parsed = await parsePlugin(plugin, rest, variables)
  if (parsed.help) return { kind: 'plugin-help', plugin }
  if (parsed.version) return { kind: 'plugin-version', plugin }
  const settings = await naming(own, () => settingsOf(own.values, cwd))
  if (plugin.workers === false && (settings.workers ?? 1) > 1) {
    const reason = 'each of them would do all of it'
    const line = `cannot use --workers ${settings.workers} with ${name}: ${reason}`
    throw nameVariables(new UsageError(line), own.variables)
  }
  // As twistd, after a change of the root a relative path means one in there.
  const moves = settings.chroot === undefined && settings.rundir !== cwd
  const values = moves ? fromHere(plugin, parsed.values, cwd) : parsed.values
  const checked = await naming(parsed, () =>
    checkedEndpoints(plugin, values, moves ? cwd : undefined, search),
  )
  const source: Source = {
    kind: 'plugin',
    tapname: plugin.tapname,
    file: plugin.file,
    export: plugin.export,
    ...(plugin.package ? { package: plugin.package } : {}),
    values: checked.values,
    variables: parsed.variables,
  }
  const endpointTypes = checked.types
  return { kind: 'run', plan: { settings, source, launch, pluginPath, endpointTypes } }
}

async function parseOwn(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<ParsedOptions> {
  const environment = { prefix: 'RUNNER', variables }
  const parsed = await attempt('cannot read the command line', () =>
    parseOptions({ spec: recognizedOptions, args, environment, stopAtFirstArgument: true }),
  )
  await naming(parsed, () => {
    for (const [name, reason] of Object.entries(refusedOptions)) {
      const isGiven = parsed.values[name] !== undefined && parsed.values[name] !== false
      if (isGiven) throw new UsageError(`cannot use --${name}: ${reason}`)
    }
    refuseEmpty(parsed.values)
  })
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

/** What knows of endpoint strings is loaded only for an option that has one. */
async function checkedEndpoints(
  { options: spec }: FoundPlugin,
  values: ParsedOptions['values'],
  directory: string | undefined,
  search: PluginSearch,
): Promise<CheckedEndpoints> {
  const names = new Map(
    Object.entries(spec).flatMap(([name, { endpoint }]) =>
      endpoint === undefined || values[name] === undefined ? [] : [[name, endpoint] as const],
    ),
  )
  if (names.size === 0) return { values, types: [] }
  const { checkEndpoints } = await import('./check-endpoints.ts')
  return await checkEndpoints(names, values, directory, search)
}

/** A plugin's path options are meant from the starting directory, wherever it will run. */
function fromHere(
  plugin: FoundPlugin,
  values: Readonly<Record<string, unknown>>,
  cwd: string,
): Record<string, unknown> {
  const moved: Record<string, unknown> = { ...values }
  for (const name of pathOptions(plugin.options)) {
    for (const key of [name, camelCase(name)]) moved[key] = fromDirectory(cwd, values[key])
  }
  return moved
}

function fromDirectory(cwd: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((path) => resolve(cwd, String(path)))
  return typeof value === 'string' ? resolve(cwd, value) : value
}
