import { readFileSync } from 'node:fs'
import { DEFAULT_WIDTH, plainLine, plainText, renderHelp } from '@runnerd/options'
import { type Discovery, type FoundPlugin, getPlugins, type PluginSearch } from '@runnerd/plugin'
import { built } from './home.ts'

const USAGE = 'runner [options] [plugin [plugin options]]'
const MOST_FAULTS = 5
const NAME_WIDTH = 16

/** What a list prints: the list itself for stdout, what is broken for stderr. */
export interface PluginList {
  readonly text: string
  readonly complaints: string
}

/** Lists runner's options and every plugin found, broken ones apart. Runs no plugin's code. */
export async function listPlugins(
  search: PluginSearch,
  variables: NodeJS.ProcessEnv,
): Promise<PluginList> {
  const width = widthOf(variables)
  const discovery = await getPlugins(search)
  const text = `${await optionsHelp(width)}\n${pluginTable(discovery, width)}`
  return { text, complaints: complaintsOf(discovery) }
}

/** The help of one plugin: as the cache has it, drawn anew only for another width. */
export async function pluginHelp(
  plugin: FoundPlugin,
  variables: NodeJS.ProcessEnv,
): Promise<string> {
  const width = widthOf(variables)
  if (width === DEFAULT_WIDTH) return plainText(plugin.help)
  const { tapname, description, options: spec } = plugin
  const usage = `runner [options] ${tapname} [options]`
  return await renderHelp({ usage, description, spec, width })
}

/** runner's own help, with its verbs and without the plugins. The build draws it for the default width. */
export async function optionsHelp(width: number): Promise<string> {
  if (width === DEFAULT_WIDTH) {
    const text = readHelp()
    if (text !== undefined) return text
  }
  const { runnerOptions } = await import('./runner-options.ts')
  const { firstVerbs } = await import('./verbs.ts')
  const options = await renderHelp({ usage: USAGE, spec: runnerOptions, width })
  const verbs = firstVerbs.map(({ word, description }) => line(word, description, width))
  return `${options}\nVerbs (VERB --help says more):\n${verbs.join('')}`
}

function readHelp(): string | undefined {
  try {
    return readFileSync(built('help.txt'), 'utf8')
  } catch {
    return undefined
  }
}

function widthOf(variables: NodeJS.ProcessEnv): number {
  const columns = Number(variables.COLUMNS)
  return Number.isInteger(columns) && columns > 0 ? columns : DEFAULT_WIDTH
}

function pluginTable({ plugins }: Discovery, width: number): string {
  if (plugins.length === 0) return 'Plugins: none found.\n'
  const sorted = [...plugins].sort((a, b) =>
    a.tapname < b.tapname ? -1 : a.tapname > b.tapname ? 1 : 0,
  )
  return `Plugins:\n${sorted.map((plugin) => row(plugin, width)).join('')}`
}

function row({ tapname, description, file, shadowedBy }: FoundPlugin, width: number): string {
  const text = plainLine(
    shadowedBy ? `(${file}, shadowed by ${shadowedBy}) ${description}` : description,
  )
  return line(tapname, text, width)
}

function line(left: string, text: string, width: number): string {
  const indent = `    ${' '.repeat(NAME_WIDTH)} `
  const lines = wrap(text, Math.max(width - indent.length, 20))
  const name = `    ${left.padEnd(NAME_WIDTH)} `
  return `${[name + lines[0], ...lines.slice(1).map((line) => indent + line)].join('\n')}\n`
}

function wrap(text: string, width: number): string[] {
  if (text.length <= width) return [text]
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1]!
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}

/** What could not be used, a line each; of many the first, and how many more. */
export function complaintsOf({ faults, incompatible }: Discovery): string {
  const lines = [
    ...faults.map(({ file, reason }) => `cannot read plugin ${file}: ${reason}`),
    ...incompatible.map(({ file, reason }) => `cannot use plugin ${file}: incompatible: ${reason}`),
  ]
  const more = lines.length - MOST_FAULTS
  const said = lines.slice(0, MOST_FAULTS)
  if (more > 0) {
    const noun = more === 1 ? 'plugin' : 'plugins'
    said.push(`cannot read ${more} more ${noun}: runner plugins doctor names them`)
  }
  return said.map((line) => `runner: ${plainLine(line)}\n`).join('')
}
