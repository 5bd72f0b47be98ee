import { UsageError } from '@runnerd/options'
import type { DaemonVerb } from './verb.ts'

/** What a timer can wait, in seconds, and more than anybody would. */
const LONGEST = 86_400
const SHORTEST = 0.1

/** `runner top`: all daemons of this user, as they are now and go on. */
export const top: DaemonVerb = async (call) => {
  const { once, interval } = call.values as { once?: boolean; interval?: number }
  if (interval !== undefined && !(interval >= SHORTEST && interval <= LONGEST)) {
    const range = `a number from ${SHORTEST} to ${LONGEST}`
    throw wrong(`option --interval needs ${range}, not ${interval}`, '--help lists the options')
  }
  if (!once && !hasTerminal(call.variables)) {
    throw wrong('stdin and stdout are no terminal', '--once prints the table and ends')
  }
  const { showOnce, showLive } = await import('../top/show-top.ts')
  return once ? await showOnce(call, interval ?? 1) : await showLive(call, interval ?? 2)
}

/** One that can be drawn on, and has keys. */
function hasTerminal({ TERM }: NodeJS.ProcessEnv): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && TERM !== 'dumb'
}

function wrong(reason: string, hint: string): UsageError {
  return new UsageError(`cannot run top: ${reason}`, { hint: `runner top ${hint}` })
}
