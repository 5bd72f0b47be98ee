import { plainLine } from '@runnerd/options'
import {
  cacheFaults,
  type Discovery,
  type FoundPlugin,
  gather,
  manifestState,
  type PluginFault,
  type PluginSearch,
  saysRange,
  searchDirectories,
} from '@runnerd/plugin'
import { ExitStatus } from '../exit-status.ts'
import { VERSION } from '../version.ts'
import type { Answer } from './answer.ts'
import { remedyFor } from './remedies.ts'
import { silentDropins } from './silent-dropins.ts'
import { untrustedDropins } from './untrusted-dropins.ts'

/**
 * Prints every fault with its file, the reason and what mends it, then what is
 * worth knowing and no fault. Ends with a status of its own when there is a fault.
 */
export async function doctor(search: PluginSearch): Promise<Answer> {
  const directories = await searchDirectories(search)
  const discovery = gather(directories)
  const untrusted = untrustedDropins(directories, discovery)
  const faults = [
    ...discovery.faults,
    ...discovery.incompatible,
    ...untrusted,
    ...oddPlaces(discovery),
    ...cacheFaults(search),
  ]
  const remarks = [...(await remarksOn(discovery)), ...silentDropins(directories)]
  const paragraphs = [
    `${headline(runnable(discovery, untrusted), faults.length)}\n`,
    ...faults.map(paragraph),
    ...(remarks.length > 0
      ? [`Worth knowing:\n${remarks.map((each) => `  ${plainLine(each)}\n`).join('')}`]
      : []),
  ]
  const status = faults.length > 0 ? ExitStatus.CONFIG : ExitStatus.OK
  return { text: paragraphs.join('\n'), status }
}

/** What is on the module path and nobody misses, as a file that is called plugins. */
function oddPlaces({ places }: Discovery): PluginFault[] {
  return places
    .filter(({ state, reason, isMissed }) => state === 'missing' && reason && !isMissed)
    .map(({ dir, reason = '' }) => ({ file: dir, dir, reason }))
}

function runnable({ plugins }: Discovery, untrusted: readonly PluginFault[]): number {
  const files = new Set(untrusted.map(({ file }) => file))
  return plugins.filter((each) => each.shadowedBy === undefined && !files.has(each.file)).length
}

function headline(usable: number, faults: number): string {
  const can = `${usable} ${usable === 1 ? 'plugin' : 'plugins'} can be run`
  if (faults === 0) return `${can}, nothing is wrong.`
  return `${can}, ${faults} ${faults === 1 ? 'thing is' : 'things are'} wrong.`
}

function paragraph(fault: PluginFault): string {
  const { file, reason, package: of } = fault
  const from = of?.name ? ` (${of.name} ${of.version})` : ''
  const lines = [`${file}${from}`, `  reason: ${reason}`, `  fix:    ${remedyFor(fault)}`]
  return lines.map((line) => `${plainLine(line)}\n`).join('')
}

async function remarksOn({ plugins }: Discovery): Promise<string[]> {
  const needs = await Promise.all(plugins.map(vagueNeeds))
  return [
    ...plugins.flatMap(shadowed),
    ...new Set([...plugins.flatMap(anyRunner), ...needs.flat(), ...plugins.flatMap(outdated)]),
  ]
}

function shadowed({ tapname, file, shadowedBy, package: of }: FoundPlugin): string[] {
  if (shadowedBy === undefined) return []
  const way = of?.name ? `; runner ${of.name}:${tapname} runs it` : ''
  return [`${file}: ${tapname} is shadowed by ${shadowedBy}${way}`]
}

function anyRunner({ package: of }: FoundPlugin): string[] {
  if (!of?.name || of.needs !== undefined) return []
  const wanted = `"peerDependencies": { "runnerd": "^${VERSION}" }`
  return [`${of.name} ${of.version}: does not say which runnerd it needs; ${wanted} would`]
}

async function vagueNeeds({ package: of }: FoundPlugin): Promise<string[]> {
  if (of?.needs === undefined || (await saysRange(of.needs))) return []
  const said = `needs runnerd ${JSON.stringify(of.needs)}, which is no range of versions`
  return [`${of.name} ${of.version}: ${said}, so any is taken`]
}

function outdated({ file }: FoundPlugin): string[] {
  const { path, state } = manifestState(file)
  return state === 'outdated'
    ? [`${path}: out of date, so it is not used; runner plugins build`]
    : []
}
