import {
  type FoundPlugin,
  findPlugin,
  gather,
  isMisplaced,
  type PluginSearch,
  searchDirectories,
  whyNotRun,
} from '@runnerd/plugin'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Finds the plugin that a name means.
 *
 * @throws RunnerError with what may have been meant, or why it can't be used
 */
export async function selectPlugin(name: string, search: PluginSearch): Promise<FoundPlugin> {
  const directories = await searchDirectories(search)
  const discovery = gather(directories)
  const plugin = findPlugin(discovery, name)
  if (plugin === undefined) {
    const { noSuchPlugin } = await import('./no-such-plugin.ts')
    throw noSuchPlugin(name, discovery)
  }
  if (await isMisplaced(directories, plugin)) {
    const message = `cannot run ${name}: ${plugin.file}: its package.json does not name it as a plugin`
    const hint = `it is in a dropin.json of ${plugin.dir} all the same; runner plugins build writes it anew`
    throw new RunnerError('ERR_UNTRUSTED', ExitStatus.NOPERM, message, { hint })
  }
  const distrust = whyNotRun(directories, plugin.file)
  if (distrust === undefined) return plugin
  const message = `cannot run ${name}: ${distrust.path}: ${distrust.reason}`
  const hint = 'runner plugins doctor says what mends it'
  throw new RunnerError('ERR_UNTRUSTED', ExitStatus.NOPERM, message, { hint })
}
