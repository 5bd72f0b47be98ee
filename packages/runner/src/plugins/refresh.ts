import { getPlugins, type PluginSearch } from '@runnerd/plugin'
import { ExitStatus } from '../exit-status.ts'
import { complaintsOf } from '../list-plugins.ts'
import type { Answer } from './answer.ts'

/** Forgets the dropin caches of the module path, reads all dropins, and remembers them. */
export async function refresh(search: PluginSearch): Promise<Answer> {
  const discovery = await getPlugins({ ...search, refresh: true })
  const { length } = discovery.plugins
  return {
    text: `${length} ${length === 1 ? 'plugin' : 'plugins'}\n`,
    complaints: complaintsOf(discovery),
    status: ExitStatus.OK,
  }
}
