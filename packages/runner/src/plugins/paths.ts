import { plainLine } from '@runnerd/options'
import {
  type FoundDirectory,
  type Place,
  type PluginSearch,
  searchDirectories,
} from '@runnerd/plugin'
import { ExitStatus } from '../exit-status.ts'
import type { Answer } from './answer.ts'

/** Prints the module path: each directory, what put it there, and what came of it. */
export async function listPaths(search: PluginSearch): Promise<Answer> {
  const directories = await searchDirectories(search)
  const lines = directories.map((each) => `${plainLine(headline(each))}\n`)
  return { text: lines.join(''), status: ExitStatus.OK }
}

/** A directory in one line. */
export function headline(directory: FoundDirectory): string {
  return `${directory.dir} (${origins[directory.origin]}): ${stateOf(directory)}`
}

const origins: { readonly [origin in Place['origin']]: string } = {
  'plugin path': '--plugin-path or RUNNER_PLUGIN_PATH',
  'package itself': 'the package itself',
  project: 'the project',
  NODE_PATH: 'NODE_PATH',
  'node_modules of the project': 'installed for the project',
  'beside runner': 'installed beside runner',
}

function stateOf({ state, reason, because, units }: FoundDirectory): string {
  if (state === 'missing') return reason ?? 'not there'
  if (state === 'not used')
    return `not used, ${because === undefined ? '' : `${because}: `}${reason}`
  const dropins = units.flatMap(([, unit]) => unit.dropins)
  const plugins = dropins.flatMap((each) => each.plugins).length
  const types = dropins.flatMap(({ endpointTypes = [] }) => endpointTypes).length
  const all = [
    ...(plugins > 0 || types === 0 ? [counted(plugins, 'plugin')] : []),
    ...(types > 0 ? [counted(types, 'endpoint type')] : []),
  ]
  return all.join(' and ')
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}
