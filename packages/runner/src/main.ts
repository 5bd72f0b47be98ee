/**
 * The command. Node takes as long to start as all the rest of a run: where the
 * words say that a daemon is wanted, its process is started before anything else
 * is even loaded, and starts up while the command line is read. Where none is
 * wanted after all it has not begun.
 */
import { RESERVED_TAPNAMES } from '@runnerd/plugin'
import { isDaemonVerb } from './daemon-verbs/names.ts'
import { endByStopSignals, isFirstProcess } from './first-process.ts'
import { endWith } from './outcome.ts'

const args = process.argv.slice(2)
if (isFirstProcess()) endByStopSignals()
void main()

async function main(): Promise<never> {
  const [first, ...rest] = args
  if (isDaemonVerb(first)) {
    const { obeyDaemonVerb } = await import('./daemon-verbs/obey-daemon-verb.ts')
    return endWith(await obeyDaemonVerb(first, rest, process.env))
  }
  const daemon = isPlainRun() ? (await import('./fork-daemon.ts')).forkDaemon(args) : undefined
  const { obey } = await import('./command.ts')
  return endWith(await obey(args, daemon))
}

/** A plugin's name first, no verb of runner's, and a question nowhere. */
function isPlainRun(): boolean {
  const [first = '-'] = args
  const asks = args.includes('--help') || args.includes('--version')
  const { RUNNER_NODAEMON, RUNNER_DEBUG } = process.env
  const stays = RUNNER_NODAEMON !== undefined || RUNNER_DEBUG !== undefined
  const mayFork = process.platform !== 'win32' && !stays && !isFirstProcess()
  return mayFork && !first.startsWith('-') && !RESERVED_TAPNAMES.has(first) && !asks
}
