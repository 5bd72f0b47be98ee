import { delimiter } from 'node:path'
import { type OptionSpec, type OptionsSpec, readWords, variableName } from '@runnerd/options'
import type { ExportedRun } from '../export/exported-run.ts'
import { wordOf } from '../export/with-endpoints.ts'
import { recognizedOptions } from '../runner-options.ts'

/** What a text of a run is, beyond a text. */
export type TextKind = 'path' | 'server' | 'client' | 'other'

/** Puts another text in the place of one; `own` for an option of runner's. */
export type TextMap = (text: string, kind: TextKind, name: string, own: boolean) => string

/** Those of runner's own options that name something. */
const OWN: Readonly<Record<string, TextKind>> = {
  tac: 'path',
  logfile: 'path',
  rundir: 'path',
  pidfile: 'path',
  profile: 'path',
  'plugin-path': 'path',
  monitor: 'server',
}

/** Endpoint strings in a list of the environment; a space of one has a `\` before it. */
const ENDPOINTS = /(?:\\[\s\S]|[^\s\\]|\\$)+/g

/** The same run with other texts; where they all stay as they are, in the words it was given in. */
export function mapTexts(run: ExportedRun, map: TextMap): ExportedRun {
  const { ownWords, pluginWords, environment, options, settings } = run
  const [plugin, ...words] = pluginWords
  const own: TextMap = (text, kind, name) => map(text, kind, name, true)
  const { monitor } = settings
  return {
    ...run,
    ownWords: mapWords(ownWords, recognizedOptions, ownKind, own),
    pluginWords: plugin === undefined ? [] : [plugin, ...mapWords(words, options, pluginKind, map)],
    environment: Object.fromEntries(
      Object.entries(environment).map(([variable, text]) => [
        variable,
        mapVariable(run, variable, text, map),
      ]),
    ),
    settings:
      monitor === undefined
        ? settings
        : { ...settings, monitor: own(monitor, 'server', 'monitor', true) },
  }
}

type KindOf = (name: string, option: OptionSpec) => TextKind

const ownKind: KindOf = (name) => OWN[name] ?? 'other'

const pluginKind: KindOf = (_, { endpoint, normalize }) => {
  if (endpoint !== undefined) return endpoint === 'client' ? 'client' : 'server'
  return normalize === true ? 'path' : 'other'
}

function mapWords(
  words: readonly string[],
  spec: OptionsSpec,
  kindOf: KindOf,
  map: TextMap,
): readonly string[] {
  const { given, rest } = readWords(words, spec, false)
  const mapped = given.map(({ name, option, text }) => map(text, kindOf(name, option), name, false))
  if (mapped.every((text, index) => text === given[index]?.text)) return words
  const own = given.map(({ name, option }, index) =>
    wordOf(name, option.type, mapped[index] as string),
  )
  return [...own, ...(rest.length === 0 ? [] : ['--', ...rest])]
}

function mapVariable(
  { options, source }: ExportedRun,
  variable: string,
  text: string,
  map: TextMap,
): string {
  const prefix = source.kind === 'plugin' ? `RUNNER_${source.tapname}` : ''
  const find = (spec: OptionsSpec, before: string): [string, OptionSpec] | undefined =>
    Object.entries(spec).find(([name]) => variableName(before, name) === variable)
  const ofRunner = find(recognizedOptions, 'RUNNER')
  const [name, option] = ofRunner ?? find(options, prefix) ?? []
  if (name === undefined || option === undefined) return text
  const isOwn = ofRunner !== undefined
  const kind = (isOwn ? ownKind : pluginKind)(name, option)
  const one = (each: string): string => map(each, kind, name, isOwn)
  if (option.array !== true && option.type !== 'array') return one(text)
  if (kind !== 'server' && kind !== 'client') return text.split(delimiter).map(one).join(delimiter)
  const mapped = (text.match(ENDPOINTS) ?? []).map((each) => one(each).replace(SPACES, spaced))
  return mapped.join(' ')
}

const SPACES = /\\[\s\S]|\s/g

function spaced(found: string): string {
  return found.startsWith('\\') ? found : `\\${found}`
}
