import { resolve } from 'node:path'
import {
  type AtCursor,
  atCursor,
  type Candidate,
  type NamedOption,
  type OptionsSpec,
  optionCandidates,
} from '@runnerd/options'
import { type Discovery, findPlugin, getPlugins } from '@runnerd/plugin'
import { isDaemonVerb } from './daemon-verbs/names.ts'
import { verbUsage } from './daemon-verbs/usage.ts'
import { engineNames, engineUsage, isEngine } from './export/usage.ts'
import { pluginPathOf, searchFrom } from './home.ts'
import { ownValues } from './own-values.ts'
import { passwdUsage } from './passwd/usage.ts'
import { recognizedOptions, runnerOptions } from './runner-options.ts'
import { afterVerb, firstVerbs, verbs } from './verbs.ts'

/** What may stand at the cursor: one of these words, or the name of a file or directory. */
export type Offer =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  /** It begins after `skip` characters of the word. */
  | { readonly kind: 'files' | 'dirs'; readonly skip: number }

/**
 * Finds what may stand at the end of a command line: in the dropin cache and in
 * runner's own options, and in no plugin's code unless the cache knows too little.
 *
 * @param words all after the command's name; the last is the one at the cursor
 */
export async function candidatesAt(
  words: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Offer> {
  if (words[0] === 'export' && words.length > 1) {
    return await afterExport(words.slice(1), variables, cwd)
  }
  const at = atCursor(words, recognizedOptions, true)
  const rest = at.wants === 'argument' ? at.rest : []
  // What is checked is the command line of a run.
  return rest.length > 1 && rest[0] === 'check'
    ? await inCommand([...words.slice(0, -rest.length), ...rest.slice(1)], variables, cwd, [])
    : await inCommand(words, variables, cwd, words.length === 1 ? firstVerbs : verbs)
}

/** @param verbs what may stand in the place of a plugin's name */
async function inCommand(
  words: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
  verbs: readonly Candidate[],
): Promise<Offer> {
  const word = words.at(-1) ?? ''
  const own = atCursor(words, recognizedOptions, true)
  if (own.wants === 'value') return valuesOf(own.of, own.skip, word, ownValues)
  const isGiven = (name: string): boolean => own.given.some((each) => each.name === name)
  if (own.wants === 'option' || isGiven('tac')) {
    return inWords(optionCandidates(runnerOptions, own.given, word))
  }
  const search = searchFrom(cwd, variables, pluginPath(own, variables, cwd))
  const [command = '', ...rest] = own.rest
  if (rest.length === 0) {
    const names = pluginNames(await getPlugins(search), word)
    return inWords([...names, ...verbs])
  }
  // A run has no verb.
  if (verbs.length === 0) return afterPlugin(await getPlugins(search), command, rest)
  if (isDaemonVerb(command)) return optionsAt(rest, verbUsage[command].options, ownValues)
  if (command === 'passwd') return afterPasswd(rest)
  const offer = afterVerb(command, rest)
  if (offer === 'plugins') return inWords(pluginNames(await getPlugins(search), word))
  return offer ?? afterPlugin(await getPlugins(search), command, rest)
}

function inWords(words: readonly Candidate[]): Offer {
  return { kind: 'words', words }
}

function afterPlugin(discovery: Discovery, name: string, words: readonly string[]): Offer {
  const plugin = findPlugin(discovery, name)
  if (plugin === undefined) return inWords([])
  const takes = Object.values(plugin.options).some(({ positional }) => positional)
  // Where it takes no arguments, what comes after `--` is nothing that we know.
  if (!takes && words.slice(0, -1).includes('--')) return inWords([])
  return optionsAt(words, plugin.options)
}

/** An engine, its options, and after the dashes the command line of a run. */
async function afterExport(
  words: readonly string[],
  variables: NodeJS.ProcessEnv,
  cwd: string,
): Promise<Offer> {
  const [engine = '', ...rest] = words
  if (rest.length === 0) {
    return inWords(engineNames.map((word) => ({ word, description: engineUsage[word].describe })))
  }
  if (!isEngine(engine)) return inWords([])
  const dashes = rest.slice(0, -1).indexOf('--')
  if (dashes !== -1) return await inCommand(rest.slice(dashes + 1), variables, cwd, [])
  return optionsAt(rest, engineUsage[engine].options, ownValues)
}

/** A file, and then a name that may be new. */
function afterPasswd(words: readonly string[]): Offer {
  const { options } = passwdUsage
  const at = atCursor(words, options)
  if (at.wants !== 'argument') return optionsAt(words, options)
  return at.rest.length === 1 ? { kind: 'files', skip: 0 } : inWords([])
}

function optionsAt(words: readonly string[], spec: OptionsSpec, known?: typeof ownValues): Offer {
  const word = words.at(-1) ?? ''
  const at = atCursor(words, spec)
  if (at.wants === 'argument' && Object.values(spec).some(({ positional }) => positional)) {
    return { kind: 'files', skip: 0 }
  }
  if (at.wants === 'value') return valuesOf(at.of, at.skip, word, known)
  return inWords(optionCandidates(spec, at.given, word))
}

/** The tapnames; or, where a package's name was begun, `package:tapname` for every plugin. */
function pluginNames({ plugins }: Discovery, word: string): Candidate[] {
  if (!word.includes(':') && !word.startsWith('@')) {
    return plugins
      .filter(({ shadowedBy }) => shadowedBy === undefined)
      .map(({ tapname, description }) => ({ word: tapname, description }))
  }
  return plugins.flatMap(({ tapname, description, package: of }) =>
    of === undefined ? [] : [{ word: `${of.name}:${tapname}`, description }],
  )
}

function valuesOf(
  { name, option }: NamedOption,
  skip: number,
  word: string,
  known: typeof ownValues = {},
): Offer {
  const values = Object.hasOwn(known, name) ? known[name] : undefined
  if (values === 'files' || values === 'dirs') return { kind: values, skip }
  if (values === undefined && option.normalize) return { kind: 'files', skip }
  const choices = values?.() ?? option.choices ?? []
  const before = word.slice(0, skip)
  return inWords(choices.map((choice) => ({ word: `${before}${choice}`, description: '' })))
}

/** Where `--plugin-path` leads; a shell leaves a `~` as it was typed while it completes. */
function pluginPath({ given }: AtCursor, variables: NodeJS.ProcessEnv, cwd: string): string[] {
  const dirs = given.filter(({ name }) => name === 'plugin-path').map(({ text }) => text)
  if (dirs.length === 0) return pluginPathOf(variables)
  const home = variables.HOME
  return dirs.map((dir) =>
    resolve(cwd, home && /^~(\/|$)/.test(dir) ? `${home}${dir.slice(1)}` : dir),
  )
}
