import { basename, extname } from 'node:path'
import { type OptionsSpec, readWords, UsageError, variableName } from '@runnerd/options'
import type { Application } from '@runnerd/service'
import { makeOrComplain } from '../check.ts'
import { searchFrom } from '../home.ts'
import { identityFor } from '../identity-for.ts'
import { nameOf, type Plan, type RunnerSettings, type Source } from '../plan.ts'
import { readCommandLine } from '../read-command-line.ts'
import { recognizedOptions } from '../runner-options.ts'
import { selectPlugin } from '../select-plugin.ts'
import { announcedListeners, listenersOf } from './exported-listener.ts'
import type { ExportedRun } from './exported-run.ts'
import { servicesSay } from './services-say.ts'

/** What every engine is told. */
export interface ExportRequest {
  readonly name: string | undefined
  readonly user: string | undefined
  /** Make nothing of the options. */
  readonly parseOnly: boolean
}

/** Files are called so, with more behind it. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/
/** What is longer, some systems know no user by. */
const USER = /^([A-Za-z_][A-Za-z0-9_-]{0,30}|0|[1-9]\d*)$/

/**
 * Reads the words of a run as the run itself would, in the foreground, and makes its
 * application, so that a bad option is told of now.
 *
 * @returns the status that the run would end with where its application can't be made;
 * what is wrong has been said then
 * @throws what the run would fail with while it reads the words
 */
export async function readExportedRun(
  given: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
  { name, user, parseOnly }: ExportRequest,
): Promise<ExportedRun | number> {
  if (name !== undefined && !NAME.test(name))
    throw malformed('name', name, 'at most 200 letters, digits, . _ -')
  if (user !== undefined && !USER.test(user)) throw malformed('user', user, 'a name or a number')
  const words = inForeground(given)
  const { plan, plugin } = await readPlan(words, variables, cwd)
  const { settings, source } = plan
  const application = parseOnly ? undefined : await apart(() => makeOrComplain(plan))
  if (typeof application === 'number') return application
  const { given: own, rest } = readWords(words, recognizedOptions, true)
  const ownWords = words.slice(0, words.length - rest.length)
  const options = plugin ?? {}
  const said = application && servicesSay(application)
  const listeners = source.kind === 'plugin' ? listenersOf(options, source.values) : []
  return {
    name: name ?? defaultName(source),
    user,
    ownWords: ownWords.at(-1) === '--' ? ownWords.slice(0, -1) : ownWords,
    pluginWords: rest,
    environment: variablesOf(plan, options, variables),
    cwd,
    command: {
      node: process.execPath,
      nodeOptions: process.execArgv,
      runner: process.argv[1] ?? '',
    },
    settings,
    saysPidFile:
      own.some((each) => each.name === 'pidfile') || variables.RUNNER_PIDFILE !== undefined,
    source,
    options,
    listeners: [...listeners, ...announcedListeners(said?.listensOn ?? [], listeners)],
    startsProcesses: said?.startsProcesses === true,
    isMade: application !== undefined,
    changesUser: changesUser(settings, application),
  }
}

/** What a plugin prints meanwhile is no part of the files. */
async function apart<T>(make: () => Promise<T>): Promise<T> {
  const { write } = process.stdout
  process.stdout.write = process.stderr.write.bind(process.stderr)
  try {
    return await make()
  } finally {
    process.stdout.write = write
  }
}

/** An engine waits for its process; one that is a daemon by itself would seem to have ended. */
function inForeground(words: readonly string[]): string[] {
  const { given } = readWords(words, recognizedOptions, true)
  const says = given.some(({ name }) => name === 'nodaemon')
  return says ? [...words] : ['--nodaemon', ...words]
}

async function readPlan(
  words: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<{ plan: Plan; plugin: OptionsSpec | undefined }> {
  const command = await readCommandLine(words, variables, cwd)
  if (command.kind !== 'run') {
    const hint = 'runner export ENGINE [engine options] -- [runner options] PLUGIN [plugin options]'
    throw new UsageError('cannot export: what follows the dashes runs no plugin', { hint })
  }
  const { plan } = command
  if (!plan.settings.nodaemon) {
    const hint = 'leave --no-nodaemon out'
    throw new UsageError('cannot export: an engine runs it in the foreground', { hint })
  }
  const { source, pluginPath } = plan
  if (source.kind === 'tac') return { plan, plugin: undefined }
  const name = readWords(words, recognizedOptions, true).rest[0] ?? source.tapname
  const found = await selectPlugin(name, searchFrom(cwd, variables, pluginPath))
  return { plan, plugin: found.options }
}

function defaultName(source: Source): string {
  const name = source.kind === 'plugin' ? source.tapname : fileName(nameOf(source))
  return (
    name
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 200) || 'runner'
  )
}

function fileName(path: string): string {
  return basename(path, extname(path))
}

/** What is set for runner's options and for the plugin's, in the order of the alphabet. */
function variablesOf(
  { source }: Plan,
  options: OptionsSpec,
  variables: NodeJS.ProcessEnv,
): Record<string, string> {
  const own = Object.keys(recognizedOptions).filter((name) => name !== 'nodaemon')
  const prefix = source.kind === 'plugin' ? `RUNNER_${source.tapname}` : ''
  const names = [
    ...own.map((name) => variableName('RUNNER', name)),
    ...Object.keys(options).map((name) => variableName(prefix, name)),
  ]
  const set = [...new Set(names)].sort().flatMap((name) => {
    const value = variables[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(set)
}

function changesUser(settings: RunnerSettings, application: Application | undefined): boolean {
  if (application === undefined) return settings.identity !== undefined
  return identityFor(settings, application) !== undefined
}

function malformed(option: string, value: string, need: string): UsageError {
  return new UsageError(
    `cannot export: option --${option} needs ${need}, not ${JSON.stringify(value)}`,
  )
}
