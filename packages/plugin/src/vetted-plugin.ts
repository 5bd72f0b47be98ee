import { optionsData, plainText } from '@runnerd/options'
import type { CachedPlugin } from './cached-directory.ts'
import { sizeFault } from './declared-size.ts'
import { tapnameFault } from './tapname.ts'

/**
 * A plugin as somebody else declares it, and of that only what a dropin could
 * declare: a manifest that was shipped, a report from a child.
 *
 * @throws TypeError saying what no dropin could declare
 */
export function vettedPlugin(plugin: CachedPlugin): CachedPlugin {
  const fault = tapnameFault(plugin.tapname)
  if (fault !== undefined) throw new TypeError(fault)
  const vetted = {
    tapname: plugin.tapname,
    description: plainText(plugin.description.replace(/\s+/g, ' ')),
    export: plugin.export,
    options: optionsData(plugin.options),
    help: plainText(plugin.help),
    ...(plugin.workers === false ? { workers: plugin.workers } : {}),
  }
  const tooMuch = sizeFault(vetted)
  if (tooMuch !== undefined) throw new TypeError(tooMuch)
  return vetted
}
