import { quoteStringArgument } from '@runnerd/internet/endpoints'
import type { ExportedRun } from '../export/exported-run.ts'
import { APP } from './in-image.ts'
import { mapTexts } from './map-texts.ts'
import { SECRETS } from './secret-files.ts'

/** The words of an endpoint after its type, with or without a name. */
const VALUE = /(:(?:\w+=)?)((?:\\[\s\S]|[^:\\])*)/g

/** The run as an image has it: what it names in the project by an absolute path is in {@link APP}. */
export function pathsInImage(run: ExportedRun): ExportedRun {
  const moved = (path: string): string => placeInImage(run, path)
  return mapTexts(run, (text, kind) => {
    if (kind === 'path') return moved(text)
    if (kind === 'other') return text
    return text.replace(VALUE, (whole, before: string, value: string) => {
      const path = value.replace(/\\([\s\S])/g, '$1')
      return moved(path) === path ? whole : before + quoteStringArgument(moved(path))
    })
  })
}

/** Where an image has what is at an absolute path here. */
export function placeInImage({ cwd }: ExportedRun, path: string): string {
  return path === cwd || path.startsWith(`${cwd}/`) ? APP + path.slice(cwd.length) : path
}

/** Paths that the run needs, and that no image of the project has. */
export function pathsOutside(run: ExportedRun): string[] {
  const { source, options, cwd } = run
  const said = new Set<string>()
  const paths: string[] = []
  mapTexts(run, (text, kind, name, own) => {
    if (!own) said.add(name)
    if (kind === 'path' && (!own || NEEDED.includes(name))) paths.push(text)
    if ((kind === 'server' || kind === 'client') && /^(ssl|tls):/.test(text)) {
      paths.push(...[...text.matchAll(VALUE)].map(([, , value = '']) => value))
    }
    return text
  })
  const defaults = Object.entries(options).flatMap(([name, { normalize, default: value }]) =>
    normalize === true && !said.has(name) ? [value ?? []].flat(2).map(String) : [],
  )
  const file = source.file.startsWith(`${cwd}/`) ? [] : [source.file]
  const isElsewhere = (path: string): boolean =>
    path.startsWith('/') && ![APP, SECRETS].some((dir) => `${path}/`.startsWith(`${dir}/`))
  return [...new Set([...file, ...defaults, ...paths].filter(isElsewhere))]
}

/** What a run can't begin without; the others it writes. */
const NEEDED: readonly string[] = ['tac', 'rundir', 'plugin-path']
