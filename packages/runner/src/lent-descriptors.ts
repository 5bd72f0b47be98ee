import { fstatSync } from 'node:fs'
import { passedDescriptors } from '@runnerd/internet/sockets'

/** What an endpoint string of this kind looks like, wherever it stands. */
const NAMED = /\bfd\\?:(?:descriptor=)?(\d{1,5})\b/g

/**
 * The sockets that this process was started with and a daemon may want: those of a
 * service manager, and those that endpoint strings name. Nobody has read the words yet,
 * so that one too many may be among them.
 */
export function lentDescriptors(
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): readonly number[] {
  const isOurs = variables.LISTEN_PID === String(process.pid)
  const said = Object.keys(variables).filter((name) => name.startsWith('RUNNER_'))
  const words = [...args, ...said.map((name) => variables[name] ?? '')]
  const named = words
    .filter((word) => word.includes('fd'))
    .flatMap((word) => [...word.matchAll(NAMED)].map(([, number]) => Number(number)))
  const all = new Set([...(isOurs ? passedDescriptors(variables) : []), ...named])
  return [...all].filter(isSocket)
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor, { bigint: true }).isSocket()
  } catch {
    return false
  }
}
