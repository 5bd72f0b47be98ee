/**
 * The command: the parent's side of a run, and all of it in the foreground. Only
 * here and in `outcome` does it end.
 */
import { complaintOf, isUnforeseen, printed } from './complaint.ts'
import { ExitStatus } from './exit-status.ts'
import { endWith, type Outcome } from './outcome.ts'
import type { Plan } from './plan.ts'
import { print } from './print.ts'
import { type Command, readCommandLine } from './read-command-line.ts'
import { RunnerError } from './runner-error.ts'
import type { Daemon } from './start-daemon.ts'
import { trace } from './trace.ts'
import { VERSION } from './version.ts'

const OK: Outcome = { status: ExitStatus.OK }
const variables = process.env

async function main(args: readonly string[]): Promise<Outcome> {
  // Node takes as long to start as all the rest. The daemon's does so while the
  // command line is read; where none is wanted after all it has not begun.
  const daemon = isPlainRun(args) ? await forkDaemon() : undefined
  try {
    trace('read the command line')
    const command = await readCommandLine(args, variables, process.cwd())
    if (command.kind !== 'run') return await answer(command)
    if (command.plan.settings.nodaemon) return await runHere(command.plan)
    return await runDaemon(command.plan, daemon ?? (await forkDaemon()))
  } catch (error) {
    daemon?.kill('SIGKILL')
    throw error
  }
}

/** A plugin's name first, and a question nowhere: then a daemon is wanted. */
function isPlainRun(args: readonly string[]): boolean {
  const [first = '-'] = args
  const asks = args.includes('--help') || args.includes('--version')
  return !first.startsWith('-') && !asks && variables.RUNNER_NODAEMON === undefined && canDaemonize
}

const canDaemonize = process.platform !== 'win32'

async function forkDaemon(): Promise<Daemon> {
  if (!canDaemonize) {
    const message = 'cannot daemonize: Windows has no daemons'
    const hint = 'use --nodaemon'
    throw new RunnerError('ERR_WINDOWS', ExitStatus.UNAVAILABLE, message, { hint })
  }
  const { forkDaemon } = await import('./start-daemon.ts')
  return forkDaemon()
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
  print(2, printed(result.complaint))
  return { status: result.complaint.status }
}

async function runHere(plan: Plan): Promise<Outcome> {
  const { run } = await import('./daemon.ts')
  return await run(plan, {
    started() {},
    failed: (complaint) => print(2, printed(complaint)),
  })
}

async function answer(command: Exclude<Command, { kind: 'run' }>): Promise<Outcome> {
  if (command.kind === 'version') {
    print(1, `runner ${VERSION}\n`)
  } else if (command.kind === 'plugin-version') {
    const { tapname, package: of } = command.plugin
    print(1, `${of ? `${tapname} ${of.version} (${of.name}), ` : ''}runner ${VERSION}\n`)
  } else if (command.kind === 'plugin-help') {
    const { pluginHelp } = await import('./list-plugins.ts')
    print(1, await pluginHelp(command.plugin, variables))
  } else {
    const { listPlugins } = await import('./list-plugins.ts')
    const { text, complaints } = await listPlugins(command.search, variables)
    print(1, text)
    print(2, complaints)
  }
  return OK
}

main(process.argv.slice(2)).then(endWith, (error: unknown) => {
  const complaint = complaintOf(error, 'cannot run')
  print(2, printed(complaint))
  if (isUnforeseen(error)) print(2, `${(error as Error)?.stack}\n`)
  process.exit(complaint.status)
})
