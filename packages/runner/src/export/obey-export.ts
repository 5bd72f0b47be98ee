/**
 * `runner export ENGINE`: prints the files by which an engine runs a plugin.
 */
import { resolve } from 'node:path'
import { type ParsedOptions, parseOptions, renderHelp, UsageError } from '@runnerd/options'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../print.ts'
import { VERSION } from '../version.ts'
import type { Engine, ExportedFile } from './engine.ts'
import type { ExportedRun } from './exported-run.ts'
import { readExportedRun } from './read-exported-run.ts'
import { refuseWords } from './refuse-words.ts'
import { type EngineName, engineNames, engineUsage, isEngine } from './usage.ts'
import { writeFiles } from './write-files.ts'

const OK: Outcome = { status: ExitStatus.OK }

/** Each is loaded when it is asked for, with what it needs. */
const engines: { readonly [name in EngineName]: () => Promise<Engine> } = {
  systemd: async () => (await import('../export-systemd/systemd-engine.ts')).systemd,
  compose: async () => (await import('../export-compose/compose-engine.ts')).compose,
  kubernetes: async () => (await import('../export-kubernetes/kubernetes-engine.ts')).kubernetes,
  dockerfile: async () => (await import('../export-dockerfile/dockerfile-engine.ts')).dockerfile,
}

/**
 * Does what `runner export ARGS` asks for.
 *
 * @throws what a run of the exported words would fail with before it starts; UsageError;
 * RunnerError for a file that can't be written
 */
export async function obeyExport(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Outcome> {
  const [name, ...words] = args
  if (name === '--help' || name === '--version') {
    print(1, name === '--help' ? usageText() : `runner ${VERSION}\n`)
    return OK
  }
  if (!isEngine(name)) throw noEngine(name)
  const { values, rest, help, version } = await parse(name, words)
  if (help || version) {
    print(1, help ? await helpText(name, variables) : `runner ${VERSION}\n`)
    return OK
  }
  const { name: given, user, out, 'parse-only': parseOnly, ...own } = values
  const run = await readExportedRun(rest, variables, cwd, {
    name: given as string | undefined,
    user: user as string | undefined,
    parseOnly: parseOnly === true,
  })
  if (typeof run === 'number') return { status: run }
  const engine = await engines[name]()
  const { files, notes } = await engine(run, own)
  const written = out === undefined ? [] : writeFiles(resolve(cwd, out as string), files)
  const all = [...notes, ...unknownNotes(run)]
  print(2, all.map((note) => `runner: ${note}\n`).join(''))
  print(1, out === undefined ? inOne(files) : written.map((path) => `${path}\n`).join(''))
  return OK
}

/** Only services know it that no option tells where to listen, and they weren't made. */
function unknownNotes({ name, isMade, listeners }: ExportedRun): string[] {
  if (isMade || listeners.length > 0) return []
  return [`where ${name} listens, and what it starts, is unknown with --parse-only`]
}

/** One file as it is; of several each below its name, as a comment of all these formats. */
function inOne(files: readonly ExportedFile[]): string {
  if (files.length === 1) return files[0]?.text ?? ''
  return files.map(({ name, text }) => `# ---- ${name} ----\n${text}`).join('\n')
}

async function parse(name: EngineName, words: readonly string[]): Promise<ParsedOptions> {
  try {
    const spec = engineUsage[name].options
    const parsed = await parseOptions({ spec, args: words, stopAtFirstArgument: true })
    if (!parsed.help && !parsed.version) refuseWords(words, spec)
    return parsed
  } catch (error) {
    throw wrong(name, (error as Error).message, error)
  }
}

function wrong(name: EngineName, reason: string, cause?: unknown): UsageError {
  const known = (cause as Partial<UsageError> | undefined)?.hint
  const hint = known ?? `runner export ${name} --help lists the options; those of runner follow --`
  return new UsageError(`cannot export to ${name}: ${reason}`, { hint, cause })
}

function noEngine(name: string | undefined): UsageError {
  const hint = `there ${engineNames.length === 1 ? 'is' : 'are'} ${engineNames.join(', ')}`
  if (name === undefined || name.startsWith('-')) {
    return new UsageError('cannot export: no engine named', { hint })
  }
  const message = `cannot export to ${JSON.stringify(name)}: there is no such engine`
  return new UsageError(message, { hint })
}

function usageText(): string {
  const width = Math.max(...engineNames.map(({ length }) => length))
  const engines = engineNames.map(
    (name) => `  ${name.padEnd(width)}  ${engineUsage[name].describe}\n`,
  )
  return `Usage: runner export ENGINE [engine options] -- [runner options] PLUGIN [plugin options]

Prints the files by which an engine runs what follows the dashes, which is read, and
made, as a run would: what is wrong with it is said here, with the run's own status.
The same words give the same bytes.

Engines (runner export ENGINE --help says more):
${engines.join('')}`
}

async function helpText(name: EngineName, variables: NodeJS.ProcessEnv): Promise<string> {
  const columns = Number(variables.COLUMNS)
  const width = Number.isInteger(columns) && columns > 0 ? { width: columns } : {}
  const { describe: description, options: spec } = engineUsage[name]
  const usage = `runner export ${name} [options] -- [runner options] PLUGIN [plugin options]`
  return await renderHelp({ usage, description, spec, ...width })
}
