import { existsSync, readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { runnerBin } from './paths.ts'
import { type Running, type RunOptions, send, startRunner } from './runner.ts'
import { waitFor } from './wait-for.ts'

const may = process.getuid?.() === 0 && existsSync('/usr/bin/unshare')

/** Why nothing here can be the first process of a container; `false` where it can. */
export const noFirstProcess: string | false = may ? false : 'needs root and unshare'

/** A container with `runner` as its first process. */
export interface Contained extends Running {
  /** The pid of the first process, as it is seen from here; NaN if it was over before. */
  readonly first: number
  kill(signal: NodeJS.Signals): void
}

/** What a process has of a container besides being its first one. */
const LOCKED = `
  mount -o remount,bind,ro / && mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" &&
  cd "$0" && exec setpriv --reuid 12345 --regid 0 --clear-groups --no-new-privs \\
    --bounding-set=-all --inh-caps=-all -- "$@"`

/**
 * Starts `runner ARGS` as the first process of a PID namespace, and kills it if the
 * test leaves it running. The status is that of the first process.
 *
 * @param options `locked`: the root is read-only, the user has a number and nothing
 *   else, and no capability
 */
export async function firstProcess(
  t: TestContext,
  args: readonly string[],
  options: RunOptions & { readonly locked?: boolean },
): Promise<Contained> {
  const { locked = false, ...rest } = options
  const wrapped = locked ? ['sh', '-c', LOCKED, rest.cwd] : []
  const own = ['unshare', '--pid', '--fork', '--mount-proc']
  const command = [...own, ...wrapped, process.execPath, runnerBin]
  const running = startRunner(args, { ...rest, command })
  const children = `/proc/${running.pid}/task/${running.pid}/children`
  let first: number | undefined
  t.after(async () => {
    if (first) send(first, 'SIGKILL')
    else running.child.kill('SIGKILL')
    await running.ended
  })
  first = await waitFor(children, () => pidIn(children))
  const pid = first
  return { ...running, first, kill: (signal) => send(pid, signal) }
}

/** `undefined` as long as there is none, NaN when whoever would have it is gone. */
function pidIn(children: string): number | undefined {
  try {
    return Number(readFileSync(children, 'utf8')) || undefined
  } catch {
    return Number.NaN
  }
}
