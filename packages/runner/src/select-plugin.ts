import { relative } from 'node:path'
import { didYouMean } from '@runnerd/options'
import {
  type Discovery,
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
  if (plugin === undefined) throw notFound(name, discovery)
  // A list looks at fewer of the directories on the way to it.
  const distrust = findDistrust(plugin.dir, relative(plugin.dir, plugin.file))
  if (distrust === undefined) return plugin
  const message = `cannot run ${name}: ${distrust.path}: ${distrust.reason}`
  const hint = 'runner plugins doctor says what mends it'
  throw new RunnerError('ERR_UNTRUSTED', ExitStatus.NOPERM, message, { hint })
}

function notFound(name: string, { plugins, incompatible, faults }: Discovery): RunnerError {
  const other = incompatible.find(
    ({ plugins: declared, package: { name: of } }) =>
      declared.some(({ tapname }) => tapname === name) || of === name.split(':')[0],
  )
  if (other !== undefined) {
    const { name: of, version } = other.package
    const message = `cannot run ${name}: ${of} ${version} is incompatible: ${other.reason}`
    return new RunnerError('ERR_INCOMPATIBLE', ExitStatus.CONFIG, message)
  }
  const broken = faults.find(({ reason, file }) => `${file} ${reason}`.includes(name))
  const meant = didYouMean(
    name,
    plugins.map(({ tapname }) => tapname),
  )
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : broken !== undefined
        ? `${broken.file} can't be read: ${broken.reason}`
        : 'runner --help lists the plugins'
  const message = `cannot find plugin ${name}: no plugin of that name on the module path`
  return new RunnerError('ERR_NO_PLUGIN', ExitStatus.USAGE, message, { hint })
}
