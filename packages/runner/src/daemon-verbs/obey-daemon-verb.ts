/**
 * The verbs that deal with a daemon: `runner status` and its like. A part of its
 * own, which loads nothing of what finds and runs plugins.
 */
import { resolve } from 'node:path'
import { type ParsedOptions, parseOptions, renderHelp, UsageError } from '@runnerd/options'
import { complaintOf, isUnforeseen } from '../complaint.ts'
import { ExitStatus } from '../exit-status.ts'
import type { Outcome } from '../outcome.ts'
import { print } from '../print.ts'
import { printComplaint } from '../print-complaint.ts'
import { VERSION } from '../version.ts'
import { debug } from './debug.ts'
import { health } from './health.ts'
import { heap } from './heap.ts'
import { logs } from './logs.ts'
import type { DaemonVerbName } from './names.ts'
import { profile } from './profile.ts'
import { reload } from './reload.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'
import { top } from './top.ts'
import { verbUsage } from './usage.ts'
import type { DaemonVerb } from './verb.ts'

const verbs: { readonly [name in DaemonVerbName]: DaemonVerb } = {
  status,
  top,
  stop,
  reload,
  logs,
  debug,
  profile,
  heap,
  health,
}

/**
 * Does what a verb and the words after it ask for, and prints what there is to say.
 *
 * @param pidfile what was said before the verb, `runner --pidfile FILE status`
 */
export async function obeyDaemonVerb(
  name: DaemonVerbName,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  pidfile?: string,
): Promise<Outcome> {
  try {
    return await carryOut(name, args, variables, pidfile)
  } catch (error) {
    const complaint = complaintOf(error, `cannot run ${name}`)
    printComplaint(complaint)
    if (isUnforeseen(error)) print(2, `${(error as Error)?.stack}\n`)
    return { status: complaint.status }
  }
}

async function carryOut(
  name: DaemonVerbName,
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
  pidfile: string | undefined,
): Promise<Outcome> {
  const parsed = await parse(name, args)
  if (parsed.help || parsed.version) {
    print(1, parsed.help ? await helpText(name, variables) : `runner ${VERSION}\n`)
    return { status: ExitStatus.OK }
  }
  const named = (parsed.values.pidfile as string | undefined) ?? pidfile ?? variables.RUNNER_PIDFILE
  const monitor = name === 'health' && (parsed.values.monitor ?? variables.RUNNER_MONITOR)
  const isForAll = name === 'top' || parsed.values.all === true
  if (named === '' && !monitor && !isForAll) {
    throw wrong(name, 'without a pid file a daemon cannot be found')
  }
  const cwd = process.cwd()
  return await verbs[name]({
    pidfile: resolve(cwd, named || 'runner.pid'),
    isNamed: Boolean(named),
    values: parsed.values,
    cwd,
    variables,
  })
}

async function parse(name: DaemonVerbName, args: readonly string[]): Promise<ParsedOptions> {
  let parsed: ParsedOptions
  try {
    parsed = await parseOptions({ spec: verbUsage[name].options, args })
  } catch (error) {
    throw wrong(name, (error as Error).message, error)
  }
  const extra = parsed.rest[0]
  if (extra === undefined || parsed.help || parsed.version) return parsed
  throw wrong(name, `unexpected argument ${JSON.stringify(extra)}`)
}

function wrong(name: DaemonVerbName, reason: string, cause?: unknown): UsageError {
  const known = (cause as Partial<UsageError> | undefined)?.hint
  const hint = known ?? `runner ${name} --help lists the options`
  return new UsageError(`cannot run ${name}: ${reason}`, { hint, cause })
}

async function helpText(name: DaemonVerbName, variables: NodeJS.ProcessEnv): Promise<string> {
  const columns = Number(variables.COLUMNS)
  const { describe: description, options: spec } = verbUsage[name]
  const usage = `runner ${name} [options]`
  const width = Number.isInteger(columns) && columns > 0 ? { width: columns } : {}
  return await renderHelp({ usage, description, spec, ...width })
}
