import { plainLine } from '@runnerd/options'
import { type Discovery, gather, type PluginSearch, searchDirectories } from '@runnerd/plugin'
import { ExitStatus } from '../exit-status.ts'
import type { Answer } from './answer.ts'
import { untrustedDropins } from './untrusted-dropins.ts'

/** A line of the list; what can't be used says why in one of the last three. */
export interface ListedPlugin {
  /** `null` for an endpoint type, and for what was not read, so that nobody knows it. */
  readonly tapname: string | null
  readonly description: string | null
  /** The prefix of an endpoint type. */
  readonly endpointType?: string
  /** The dropin's file, or the package's directory when that is at fault. */
  readonly path: string
  readonly package: string | null
  readonly version: string | null
  readonly error?: string
  /** The file that runs instead. */
  readonly shadowedBy?: string
  /** Which runner it needs, and which this is. */
  readonly incompatible?: string
}

/** Lists every plugin and whatever can't be one, for people or as JSON. */
export async function listAll(search: PluginSearch, json: boolean): Promise<Answer> {
  const directories = await searchDirectories(search)
  const discovery = gather(directories)
  const untrusted = untrustedDropins(directories, discovery)
  const listed = listedPlugins(
    discovery,
    new Map(untrusted.map((each) => [each.file, each.reason])),
  )
  const text = json ? `${JSON.stringify(listed, null, 2)}\n` : listed.map(paragraph).join('')
  return { text: text || 'No plugins found.\n', status: ExitStatus.OK }
}

/** All that a search found: usable plugins in search order, endpoint types, then the others. */
export function listedPlugins(
  { plugins, endpointTypes, incompatible, faults }: Discovery,
  untrusted: ReadonlyMap<string, string>,
): ListedPlugin[] {
  return [
    ...plugins.map(({ tapname, description, file, package: of, shadowedBy }) => {
      const error = untrusted.get(file)
      const more = { ...(error ? { error } : {}), ...(shadowedBy ? { shadowedBy } : {}) }
      return { tapname, description, ...placeOf(file, of), ...more }
    }),
    ...endpointTypes.map(({ prefix, kinds, file, package: of, shadowedBy }) => {
      const error = untrusted.get(file)
      const more = { ...(error ? { error } : {}), ...(shadowedBy ? { shadowedBy } : {}) }
      const description = `Endpoint type, for ${kinds.map((kind) => `${kind}s`).join(' and ')}.`
      return { tapname: null, description, endpointType: prefix, ...placeOf(file, of), ...more }
    }),
    ...incompatible.flatMap(({ file, package: of, reason, plugins: declared }) => {
      const known = declared.length > 0 ? declared : [{ tapname: null, description: null }]
      return known.map(({ tapname, description }) => {
        return { tapname, description, ...placeOf(file, of), incompatible: reason }
      })
    }),
    ...faults.map(({ file, package: of, reason: error }) => {
      return { tapname: null, description: null, ...placeOf(file, of), error }
    }),
  ]
}

function placeOf(
  file: string,
  of: Discovery['plugins'][number]['package'],
): Pick<ListedPlugin, 'path' | 'package' | 'version'> {
  return { path: file, package: of?.name || null, version: of?.version || null }
}

function paragraph(plugin: ListedPlugin): string {
  const { tapname, endpointType, description, path, error, shadowedBy, incompatible } = plugin
  const name = tapname ?? (endpointType && `${endpointType}:`)
  const from = plugin.package ? ` (${plugin.package} ${plugin.version ?? ''})` : ''
  const wrong =
    (error && (name === undefined ? `can't be read: ${error}` : error)) ??
    (shadowedBy && `shadowed by ${shadowedBy}`) ??
    (incompatible && `incompatible: ${incompatible}`)
  const lines = [
    `${(name ?? '?').padEnd(16)} ${description ?? ''}`.trimEnd(),
    `    ${path}${from}`,
    ...(wrong ? [`    ${wrong}`] : []),
  ]
  return lines.map((line) => `${plainLine(line)}\n`).join('')
}
