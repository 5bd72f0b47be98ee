/**
 * The parent's side of a run, and all of it in the foreground.
 */
import { UsageError } from '@runnerd/options'
import { complaintOf, isUnforeseen } from './complaint.ts'
import { ExitStatus } from './exit-status.ts'
import { isFirstProcess } from './first-process.ts'
import type { Daemon } from './fork-daemon.ts'
import { listPlugins, pluginHelp } from './list-plugins.ts'
import type { Outcome } from './outcome.ts'
import { nameOf, type Plan, type Source } from './plan.ts'
import { print } from './print.ts'
import { printComplaint } from './print-complaint.ts'
import { type Command, readCommandLine } from './read-command-line.ts'
import { trace } from './trace.ts'
import { VERSION } from './version.ts'

const OK: Outcome = { status: ExitStatus.OK }
const variables = process.env

const CHECK_HELP = `Usage: runner check [options] [plugin [plugin options]]

Builds all that this command line without "check" would run, and starts nothing.
Ends with the status that the run would end with, and says why it is not 0. Makes
no file; the pid file of a daemon that runs is no fault. The options of runner may
stand before "check", too.
`

/**
 * Does what the command line asks for, to the end or until the daemon runs.
 *
 * @param daemon one that was started before anybody read the command line
 */
export async function obey(args: readonly string[], daemon: Daemon | undefined): Promise<Outcome> {
  try {
    return await carryOut(args, daemon)
  } catch (error) {
    daemon?.kill('SIGKILL')
    const complaint = complaintOf(error, 'cannot run')
    printComplaint(complaint)
    if (isUnforeseen(error)) print(2, `${(error as Error)?.stack}\n`)
    return { status: complaint.status }
  }
}

async function carryOut(args: readonly string[], daemon: Daemon | undefined): Promise<Outcome> {
  if (args[0] === 'passwd') return await obeyPasswd(args.slice(1))
  if (args[0] === 'export') return await obeyExport(args.slice(1))
  if (args[0] === 'completion') return await answerShell(args.slice(1))
  trace('read the command line')
  const command = await readCommandLine(args, variables, process.cwd())
  if (command.kind === 'check') {
    const { check } = await import('./check.ts')
    return { status: await check(command.plan) }
  }
  if (command.kind !== 'run') return await answer(command)
  if (command.plan.settings.nodaemon) return await runHere(command.plan)
  if (isFirstProcess()) throw cannotDaemonize(command.plan.source)
  const { forkDaemon } = await import('./fork-daemon.ts')
  return await runDaemon(command.plan, daemon ?? forkDaemon(args))
}

async function obeyPasswd(args: readonly string[]): Promise<Outcome> {
  const { obeyPasswd } = await import('./passwd/obey-passwd.ts')
  return await obeyPasswd(args, variables)
}

async function obeyExport(args: readonly string[]): Promise<Outcome> {
  const { obeyExport } = await import('./export/obey-export.ts')
  return await obeyExport(args, variables, process.cwd())
}

async function answerShell(args: readonly string[]): Promise<Outcome> {
  const { complete } = await import('./complete.ts')
  print(1, await complete(args, variables, startingDirectory()))
  return OK
}

/** It may be gone, which is no reason to answer a shell with an error. */
function startingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}

/** Its container would end with the process that a shell waits for. */
function cannotDaemonize(source: Source): UsageError {
  const line = `cannot run ${nameOf(source)} as a daemon: it is the first process of a container`
  return new UsageError(line, { hint: 'use --nodaemon' })
}

async function runDaemon(plan: Plan, daemon: Daemon): Promise<Outcome> {
  const { checkPID } = await import('./pid-file.ts')
  const { startDaemon } = await import('./start-daemon.ts')
  trace('check the pid file')
  if (plan.settings.pidfile !== undefined) checkPID(plan.settings.pidfile)
  trace('fold')
  const result = await startDaemon(daemon, plan)
  if (result.kind === 'started') return OK
  if (result.kind === 'interrupted') return { signal: result.signal }
  printComplaint(result.complaint)
  return { status: result.complaint.status }
}

async function runHere(plan: Plan): Promise<Outcome> {
  const { run } = await import('./daemon.ts')
  return await run(plan, {
    started() {},
    failed: (complaint) => printComplaint(complaint),
  })
}

async function answer(command: Exclude<Command, { kind: 'run' | 'check' }>): Promise<Outcome> {
  if (command.kind === 'version') {
    print(1, `runner ${VERSION}\n`)
  } else if (command.kind === 'plugin-version') {
    const { tapname, package: of } = command.plugin
    print(1, `${of ? `${tapname} ${of.version} (${of.name}), ` : ''}runner ${VERSION}\n`)
  } else if (command.kind === 'plugin-help') {
    print(1, await pluginHelp(command.plugin, variables))
  } else if (command.kind === 'check-help') {
    print(1, CHECK_HELP)
  } else if (command.kind === 'daemon-verb') {
    const { obeyDaemonVerb } = await import('./daemon-verbs/obey-daemon-verb.ts')
    return await obeyDaemonVerb(command.name, command.args, variables, command.pidfile)
  } else if (command.kind === 'plugins') {
    const { obeyPlugins } = await import('./plugins-verb.ts')
    const { text, complaints = '', status } = await obeyPlugins(command.args, command.search)
    print(1, text)
    print(2, complaints)
    return { status }
  } else {
    const { text, complaints } = await listPlugins(command.search, variables)
    print(1, text)
    print(2, complaints)
  }
  return OK
}
