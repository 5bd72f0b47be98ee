import { readWords } from '@runnerd/options'
import type { ExportedListener } from './exported-listener.ts'
import type { ExportedRun } from './exported-run.ts'

/** The options that say where a plugin listens which has `listenOptions`. */
const OF_LISTENING = new Set(['listen', 'port'])

/**
 * The words of a run that listens on other endpoints. What `--port`, or nothing, says is
 * said by `--listen` then.
 *
 * @param endpoint the one to put in the place of a listener's; its own to leave it
 */
export function withEndpoints(
  { ownWords, pluginWords, options, listeners }: ExportedRun,
  endpoint: (listener: ExportedListener, index: number) => string,
): readonly string[] {
  const [name, ...words] = pluginWords
  if (name === undefined || listeners.length === 0) return [...ownWords, ...pluginWords]
  const { given, rest } = readWords(words, options, false)
  const isListen = options['default-port'] !== undefined
  const replaced = new Set(listeners.map(({ option }) => option))
  const kept = given.filter(
    (each) => !replaced.has(each.name) && !(isListen && OF_LISTENING.has(each.name)),
  )
  return [
    ...ownWords,
    name,
    ...kept.flatMap(({ name, option, text }) => wordOf(name, option.type, text)),
    ...listeners.flatMap((each, index) => [`--${each.option}`, endpoint(each, index)]),
    ...(rest.length === 0 ? [] : ['--', ...rest]),
  ]
}

/** In one word, so that a value may begin as an option does. */
export function wordOf(name: string, type: string | undefined, text: string): string {
  if (type !== 'boolean' && type !== 'count') return `--${name}=${text}`
  return text === 'false' ? `--no-${name}` : `--${name}`
}
