import { basename } from 'node:path'
import { quoteStringArgument } from '@runnerd/internet/endpoints'
import { readWords, UsageError, variableName } from '@runnerd/options'
import type { ExportedRun } from '../export/exported-run.ts'
import { wordOf } from '../export/with-endpoints.ts'

/** Where engines put the files that no image may have. */
export const SECRETS = '/run/secrets'

/** A file that a run needs, and that is to reach it by no image. */
export interface SecretFile {
  readonly name: string
  /** As the run names it. */
  readonly file: string
}

/** A run whose secret files are where the engine puts them. */
export interface SecretRun {
  readonly run: ExportedRun
  readonly secrets: readonly SecretFile[]
}

/** What is a secret whoever asks: {@link SECRETS} of passwords, and the keys of endpoints. */
const ALWAYS = /(^|-)password-file$/
const KEY = /(^|:)privateKey=((?:\\.|[^:\\])*)/g

/**
 * Finds the secret files of a run: what an option called `password-file` names, the
 * private keys of its endpoints, and what the options called `more` name.
 *
 * @throws UsageError for an option that the plugin hasn't
 */
export function withSecrets(run: ExportedRun, engine: string, more: readonly string[]): SecretRun {
  const { options, pluginWords, environment, source } = run
  const unknown = more.find((name) => options[name] === undefined)
  if (unknown !== undefined) {
    throw new UsageError(`cannot export to ${engine}: ${run.name} has no option --${unknown}`)
  }
  const secrets = new Secrets()
  const hidden = (name: string, text: string): string => {
    if (more.includes(name) || ALWAYS.test(name)) return secrets.place(text)
    if (options[name]?.endpoint === undefined) return text
    return text.replace(KEY, (_, before: string, file: string) => {
      const placed = quoteStringArgument(secrets.place(file.replace(/\\(.)/g, '$1')))
      return `${before}privateKey=${placed}`
    })
  }
  const [plugin = '', ...words] = pluginWords
  const { given, rest } = readWords(words, options, false)
  const own = given.flatMap(({ name, option, text }) =>
    wordOf(name, option.type, hidden(name, text)),
  )
  const prefix = source.kind === 'plugin' ? `RUNNER_${source.tapname}` : ''
  const names = new Map(Object.keys(options).map((name) => [variableName(prefix, name), name]))
  const variables = Object.entries(environment).map(([variable, text]) => {
    const name = names.get(variable)
    return [variable, name === undefined ? text : hidden(name, text)]
  })
  // As it was given, where there is nothing to hide.
  if (secrets.files.length === 0) return { run, secrets: [] }
  const hiddenWords = [plugin, ...own, ...(rest.length === 0 ? [] : ['--', ...rest])]
  return {
    run: { ...run, pluginWords: hiddenWords, environment: Object.fromEntries(variables) },
    secrets: secrets.files,
  }
}

class Secrets {
  readonly files: SecretFile[] = []

  /** Where the engine puts a file. */
  place(file: string): string {
    const known = this.files.find((each) => each.file === file)
    const name = known?.name ?? this.#nameFor(file)
    if (known === undefined) this.files.push({ name, file })
    return `${SECRETS}/${name}`
  }

  #nameFor(file: string): string {
    const name = basename(file).replace(/[^A-Za-z0-9._-]+/g, '-')
    const isTaken = (one: string): boolean => this.files.some((each) => each.name === one)
    for (let n = 2; ; n += 1) {
      const one = n === 2 ? name : `${name}-${n - 1}`
      if (!isTaken(one)) return one
    }
  }
}
