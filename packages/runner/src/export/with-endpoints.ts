import { readWords, variableName } from '@runnerd/options'
import type { ExportedListener } from './exported-listener.ts'
import type { ExportedRun } from './exported-run.ts'

/** The options that say where a plugin listens which has `listenOptions`. */
const OF_LISTENING = ['listen', 'port', 'default-port']

/**
 * The same run, but for where it listens. What `--port`, a variable, or nothing, says is
 * said by `--listen` then.
 *
 * @param endpoint the one to put in the place of a listener's; its own to leave it
 */
export function withEndpoints(
  run: ExportedRun,
  endpoint: (listener: ExportedListener, index: number) => string,
): Pick<ExportedRun, 'environment'> & { readonly words: readonly string[] } {
  const { environment, listeners, options, source } = run
  const isListen = options['default-port'] !== undefined
  const replaced = new Set(listeners.flatMap(({ option }) => option ?? []))
  const names = [...replaced, ...(isListen ? OF_LISTENING : [])]
  const prefix = source.kind === 'plugin' ? `RUNNER_${source.tapname}` : ''
  const variables = new Set(names.map((name) => variableName(prefix, name)))
  const kept = Object.entries(environment).filter(([name]) => !variables.has(name))
  return {
    words: wordsWith(run, new Set(names), endpoint),
    environment: Object.fromEntries(kept),
  }
}

function wordsWith(
  { ownWords, pluginWords, options, listeners }: ExportedRun,
  replaced: ReadonlySet<string>,
  endpoint: (listener: ExportedListener, index: number) => string,
): readonly string[] {
  const [name, ...words] = pluginWords
  if (name === undefined || listeners.length === 0) return [...ownWords, ...pluginWords]
  const { given, rest } = readWords(words, options, false)
  const kept = given.filter((each) => !replaced.has(each.name))
  return [
    ...ownWords,
    name,
    ...kept.flatMap(({ name, option, text }) => wordOf(name, option.type, text)),
    ...listeners.flatMap((each, index) =>
      each.option === undefined ? [] : [`--${each.option}`, endpoint(each, index)],
    ),
    ...(rest.length === 0 ? [] : ['--', ...rest]),
  ]
}

/** In one word, so that a value may begin as an option does. */
export function wordOf(name: string, type: string | undefined, text: string): string {
  if (type !== 'boolean' && type !== 'count') return `--${name}=${text}`
  return text === 'false' ? `--no-${name}` : `--${name}`
}
