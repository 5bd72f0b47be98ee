import {
  didYouMean,
  type OptionsSpec,
  type ParsedOptions,
  parseOptions,
  UsageError,
} from '@runnerd/options'
import type { PluginSearch } from '@runnerd/plugin'
import { ExitStatus } from './exit-status.ts'
import { newPlugin } from './new-plugin.ts'
import type { Answer } from './plugins/answer.ts'
import { buildPlugins } from './plugins/build.ts'
import { doctor } from './plugins/doctor.ts'
import { listAll } from './plugins/list.ts'
import { listPaths } from './plugins/paths.ts'
import { refresh } from './plugins/refresh.ts'
import { why } from './plugins/why.ts'

/** One of the things that `runner plugins` does. */
interface Verb {
  /** What it is called with beside options. */
  readonly argument?: string
  readonly describe: string
  readonly options?: OptionsSpec
  obey(search: PluginSearch, parsed: ParsedOptions): Promise<Answer>
}

const verbs: { readonly [name: string]: Verb } = {
  list: {
    describe: 'Every plugin found, with its package and file; those that cannot be used too.',
    options: { json: { type: 'boolean', describe: 'Print JSON.' } },
    obey: (search, { values }) => listAll(search, values.json === true),
  },
  why: {
    argument: 'NAME',
    describe: 'Where NAME was looked for, what was found there, and what decided.',
    obey: (search, { rest }) => why(search, rest[0]!),
  },
  doctor: {
    describe: 'Every fault, with its file, the reason, and what mends it.',
    obey: (search) => doctor(search),
  },
  paths: {
    describe: 'The directories that are searched, in order.',
    obey: (search) => listPaths(search),
  },
  refresh: {
    describe: 'Forget the dropin caches and read every plugin anew.',
    obey: (search) => refresh(search),
  },
  build: {
    describe: 'Write dropin.json, so that nobody else needs to read the dropins here.',
    options: { check: { type: 'boolean', describe: 'Write nothing; fail if it is out of date.' } },
    obey: (search, { values }) => buildPlugins(search, values.check === true),
  },
  new: {
    argument: 'NAME',
    describe: 'Write a plugin to begin with, one file in plugins.',
    options: {
      language: {
        choices: ['ts', 'js'],
        describe: 'TypeScript or JavaScript; what the project has if left out.',
      },
    },
    obey: async ({ cwd }, { values, rest }) => {
      const path = newPlugin(cwd, rest[0]!, values.language as 'ts' | 'js' | undefined)
      const text = `wrote ${path}\nhint: runner ${rest[0]} --help shows its options\n`
      return { text, status: ExitStatus.OK }
    },
  },
}

/**
 * Does what `runner plugins ARGS` asks for; without ARGS it lists.
 *
 * @throws UsageError, and RunnerError for what can't be done
 */
export async function obeyPlugins(args: readonly string[], search: PluginSearch): Promise<Answer> {
  const [name = 'list', ...rest] = args
  if (name === '--help') return { text: helpText(), status: 0 }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (verb === undefined) {
    const meant = didYouMean(name, Object.keys(verbs))
    const hint = meant ? `did you mean ${meant}?` : 'runner plugins --help lists what it can do'
    throw new UsageError(`cannot run plugins ${name}: no such command`, { hint })
  }
  const parsed = await parse(name, verb, rest)
  if (parsed.help) return { text: helpText(), status: 0 }
  return await verb.obey(search, parsed)
}

async function parse(name: string, verb: Verb, args: readonly string[]): Promise<ParsedOptions> {
  const what = `cannot run plugins ${name}`
  const hint = 'runner plugins --help lists what it can do'
  let parsed: ParsedOptions
  try {
    parsed = await parseOptions({ spec: verb.options ?? {}, args })
  } catch (error) {
    throw new UsageError(`${what}: ${(error as Error).message}`, { hint, cause: error })
  }
  const wanted = verb.argument === undefined ? 0 : 1
  if (parsed.help) return parsed
  if (parsed.rest.length < wanted)
    throw new UsageError(`${what}: no ${verb.argument} given`, { hint })
  const extra = parsed.rest[wanted]
  if (extra === undefined) return parsed
  throw new UsageError(`${what}: unexpected argument ${JSON.stringify(extra)}`, { hint })
}

function helpText(): string {
  const rows = Object.entries(verbs).flatMap(([name, { argument, describe, options }]) => [
    [[name, argument].filter(Boolean).join(' '), describe],
    ...Object.entries(options ?? {}).map(([option, spec]) => [`  --${option}`, spec.describe!]),
  ])
  const lines = rows.map(([left = '', right]) => `  ${left.padEnd(16)}  ${right}\n`)
  return `Usage: runner [options] plugins [command]\n\nCommands:\n${lines.join('')}`
}
