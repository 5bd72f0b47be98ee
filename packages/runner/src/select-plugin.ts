import { relative } from 'node:path'
import {
  type FoundPlugin,
  findDistrust,
  findPlugin,
  getPlugins,
  type PluginSearch,
} from '@runnerd/plugin'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Finds the plugin that a name means.
 *
 * @throws RunnerError with what may have been meant, or why it can't be used
 */
export async function selectPlugin(name: string, search: PluginSearch): Promise<FoundPlugin> {
  const discovery = await getPlugins(search)
  const plugin = findPlugin(discovery, name)
  if (plugin === undefined) {
    const { noSuchPlugin } = await import('./no-such-plugin.ts')
    throw noSuchPlugin(name, discovery)
  }
  // A list looks at fewer of the directories on the way to it.
  const distrust = findDistrust(plugin.dir, relative(plugin.dir, plugin.file))
  if (distrust === undefined) return plugin
  const message = `cannot run ${name}: ${distrust.path}: ${distrust.reason}`
  const hint = 'runner plugins doctor says what mends it'
  throw new RunnerError('ERR_UNTRUSTED', ExitStatus.NOPERM, message, { hint })
}
