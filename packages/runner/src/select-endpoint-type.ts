import {
  type EndpointKind,
  findEndpointType,
  gather,
  type PluginSearch,
  searchDirectories,
  whyNotRun,
} from '@runnerd/plugin'
import { ExitStatus } from './exit-status.ts'
import type { EndpointTypeSource } from './plan.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Finds the endpoint type that a prefix means among those of dropins.
 *
 * @returns it, and the prefixes of all there are
 * @throws RunnerError if its dropin can't be trusted
 */
export async function selectEndpointType(
  prefix: string,
  kind: EndpointKind,
  search: PluginSearch,
): Promise<{ type: EndpointTypeSource | undefined; others: readonly string[] }> {
  const directories = await searchDirectories(search)
  const discovery = gather(directories)
  const found = findEndpointType(discovery, prefix, kind)
  const fitting = discovery.endpointTypes.filter(({ kinds }) => kinds.includes(kind))
  const others = [...new Set(fitting.map((each) => each.prefix))]
  if (found === undefined) return { type: undefined, others }
  const distrust = whyNotRun(directories, found.file)
  if (distrust !== undefined) {
    const message = `cannot use endpoint type ${prefix}: ${distrust.path}: ${distrust.reason}`
    const hint = 'runner plugins doctor says what mends it'
    throw new RunnerError('ERR_UNTRUSTED', ExitStatus.NOPERM, message, { hint })
  }
  return { type: { prefix, kind, file: found.file, export: found.export }, others }
}
