import type { Candidate } from '@runnerd/options'
import type { Offer } from './candidates-at.ts'
import { daemonVerbNames } from './daemon-verbs/names.ts'
import { verbUsage } from './daemon-verbs/usage.ts'

/** The verbs that stand where a plugin's name would; `completion` only as the first word. */
export const verbs: readonly Candidate[] = [
  ...daemonVerbNames.map((word) => ({ word, description: verbUsage[word].describe })),
  { word: 'plugins', description: 'List, check and build plugins.' },
  { word: 'check', description: 'Build all that a run would, and start nothing.' },
]
export const firstVerbs: readonly Candidate[] = [
  ...verbs,
  { word: 'export', description: 'Print what has systemd or another engine run a plugin.' },
  { word: 'passwd', description: 'Set the password of a user in a password file.' },
  { word: 'completion', description: "Print a shell's completion script." },
]

const shells: readonly Candidate[] = ['bash', 'fish', 'zsh'].map((word) => ({
  word,
  description: '',
}))

const pluginsVerbs: readonly Candidate[] = [
  { word: 'list', description: 'List every plugin found, with its package and file.' },
  { word: 'why', description: 'Say where a plugin was looked for, and what decided.' },
  { word: 'doctor', description: 'List every fault, and what mends it.' },
  { word: 'paths', description: 'List the directories that are searched.' },
  { word: 'refresh', description: 'Forget the dropin caches and read every plugin anew.' },
  { word: 'build', description: "Write a plugin package's dropin.json." },
  { word: 'new', description: 'Write a plugin to begin with.' },
]

const optionsOf: { readonly [verb: string]: Candidate } = {
  list: { word: '--json', description: 'Print JSON.' },
  new: { word: '--language', description: 'ts or js; what the project has if left out.' },
  build: { word: '--check', description: 'Write nothing; fail if it is out of date.' },
}

const HELP: Candidate = { word: '--help', description: 'Show the usage and exit.' }

/**
 * What may follow a verb of runner; `plugins` where that is a plugin's name, and
 * `undefined` where the command is no verb.
 *
 * @param words those after the verb; the last is the one at the cursor
 */
export function afterVerb(verb: string, words: readonly string[]): Offer | 'plugins' | undefined {
  const isOption = words.at(-1)?.startsWith('-') ?? false
  const options = (...more: Candidate[]): Offer => ({ kind: 'words', words: [...more, HELP] })
  if (verb === 'completion') {
    if (isOption) return options()
    return { kind: 'words', words: words.length === 1 ? shells : [] }
  }
  if (verb !== 'plugins') return undefined
  if (words.length === 1) return isOption ? options() : { kind: 'words', words: pluginsVerbs }
  const sub = words[0] ?? ''
  const option = Object.hasOwn(optionsOf, sub) ? optionsOf[sub] : undefined
  if (isOption) return option ? options(option) : options()
  if (sub === 'why' && words.length === 2) return 'plugins'
  return { kind: 'words', words: [] }
}
