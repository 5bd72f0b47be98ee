import { didYouMean } from '@runnerd/options'
import { type FoundPlugin, findPlugin, getPlugins, type PluginSearch } from '@runnerd/plugin'
import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

/**
 * Finds the plugin that a name means.
 *
 * @throws RunnerError with what may have been meant, or why it can't be read
 */
export async function selectPlugin(name: string, search: PluginSearch): Promise<FoundPlugin> {
  const discovery = await getPlugins(search)
  const plugin = findPlugin(discovery, name)
  if (plugin !== undefined) return plugin
  const broken = discovery.faults.find(({ reason, file }) => `${file} ${reason}`.includes(name))
  const meant = didYouMean(
    name,
    discovery.plugins.map(({ tapname }) => tapname),
  )
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : broken !== undefined
        ? `${broken.file} can't be read: ${broken.reason}`
        : 'runner --help lists the plugins'
  const message = `cannot find plugin ${name}: no plugin of that name on the module path`
  throw new RunnerError('ERR_NO_PLUGIN', ExitStatus.USAGE, message, { hint })
}
