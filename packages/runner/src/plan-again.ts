import { ExitStatus } from './exit-status.ts'
import type { Launch, Plan } from './plan.ts'
import { readCommandLine } from './read-command-line.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Reads the words anew that runner was called with, as it was called then.
 *
 * @throws what whoever calls it now would be told
 */
export async function planAgain({ args, cwd, startedAs, umask }: Launch): Promise<Plan> {
  process.umask(umask)
  const command = await readCommandLine(args, process.env, cwd, startedAs)
  if (command.kind === 'run') return command.plan
  throw new RunnerError('ERR_RELOAD', ExitStatus.USAGE, 'cannot run: no plugin named')
}
