import { join } from 'node:path'
import { didYouMean, plainLine } from '@runnerd/options'
import {
  type Discovery,
  type FoundDirectory,
  type FoundPlugin,
  findPlugin,
  gather,
  type PluginFault,
  type PluginSearch,
  searchDirectories,
  tapnameFault,
  whyNotRun,
} from '@runnerd/plugin'
import { ExitStatus } from '../exit-status.ts'
import type { Answer } from './answer.ts'
import { nearMisses } from './near-misses.ts'
import { headline } from './paths.ts'

const MOST_FAULTS = 5

/**
 * Prints what NAME means, each place that was looked at, what was found there,
 * and what decided. Ends as `runner NAME` would: 64 when there is no such plugin, 77
 * when somebody else could have written it.
 */
export async function why(search: PluginSearch, name: string): Promise<Answer> {
  const directories = await searchDirectories(search)
  const discovery = gather(directories)
  const plugin = findPlugin(discovery, name)
  const distrust = plugin && whyNotRun(directories, plugin.file)
  const lines = [verdict(name, plugin, discovery), '', 'Looked in, first to last:']
  if (distrust !== undefined) {
    lines.splice(1, 0, `It is not run: ${distrust.path}: ${distrust.reason}`)
  }
  for (const directory of directories) {
    lines.push(`  ${headline(directory)}`)
    for (const line of findings(directory, name, discovery)) lines.push(`    ${line}`)
  }
  const status =
    plugin === undefined ? ExitStatus.USAGE : distrust ? ExitStatus.NOPERM : ExitStatus.OK
  return { text: lines.map((line) => `${plainLine(line)}\n`).join(''), status }
}

function verdict(name: string, plugin: FoundPlugin | undefined, discovery: Discovery): string {
  if (plugin !== undefined) {
    const from = plugin.package?.name ? ` (${plugin.package.name} ${plugin.package.version})` : ''
    return `runner ${name} runs ${plugin.file}${from}`
  }
  const fault = tapnameFault(name.slice(name.lastIndexOf(':') + 1))
  if (fault !== undefined) return `${name} can't be the name of a plugin: ${fault}`
  const names = discovery.plugins.map(({ tapname }) => tapname)
  const meant = didYouMean(name, names)
  return `There is no plugin ${name} to run${meant ? `; did you mean ${meant}?` : ''}`
}

function findings(directory: FoundDirectory, name: string, discovery: Discovery): string[] {
  const tapname = name.slice(name.lastIndexOf(':') + 1)
  const isHere = ({ dir }: { dir: string }): boolean => dir === directory.dir
  const plugins = discovery.plugins.filter((each) => isHere(each) && each.tapname === tapname)
  const incompatible = discovery.incompatible.filter(
    (each) =>
      isHere(each) &&
      (each.plugins.length === 0 || each.plugins.some((one) => one.tapname === tapname)),
  )
  const runs = findPlugin(discovery, name) !== undefined
  const again = plugins.length > 0 ? [] : samePlaces(directory, tapname, discovery)
  const faults = discovery.faults.filter(
    (fault) => isHere(fault) && (!runs || mentions(fault, tapname)),
  )
  return [
    ...plugins.map(({ file, shadowedBy }) =>
      shadowedBy
        ? `${file}: shadowed by ${shadowedBy}`
        : `${file}: the first ${tapname}, so it runs`,
    ),
    ...again.map((file) => `${file}: a file that was met before, by another path`),
    ...incompatible.map(({ file, reason }) => `${file}: incompatible: ${reason}`),
    ...shortened(faults.map(({ file, reason }) => `${file}: can't be read: ${reason}`)),
    ...nearMisses(directory, name),
  ]
}

/** Dropins of a tapname that are not in the list, for their file is there already. */
function samePlaces({ dir, units }: FoundDirectory, tapname: string, of: Discovery): string[] {
  return units
    .filter(([, { incompatible }]) => incompatible === undefined)
    .flatMap(([, { dropins }]) => dropins)
    .filter(({ plugins }) => plugins.some((plugin) => plugin.tapname === tapname))
    .map(({ file }) => join(dir, file))
    .filter((file) => of.plugins.every((plugin) => plugin.file !== file))
}

function mentions({ file, reason }: PluginFault, tapname: string): boolean {
  return `${file} ${reason}`.includes(tapname)
}

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - MOST_FAULTS
  if (more <= 0) return [...lines]
  return [...lines.slice(0, MOST_FAULTS), `and ${more} more; see runner plugins doctor`]
}
