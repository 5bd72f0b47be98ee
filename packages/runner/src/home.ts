import { existsSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { PluginSearch } from '@runnerd/plugin'
import { VERSION } from './version.ts'

/** The directory of runner's built modules. */
const BUILT = import.meta.dirname

/** The directory of runner's package. */
export const home: string = dirname(BUILT)

/** The module that `import 'runnerd'` means for a dropin with no copy of its own. */
export const door: string = join(BUILT, 'index.mjs')

/** A file of the build, beside this module. */
export function built(name: string): string {
  return join(BUILT, name)
}

/** The search for plugins that a run in `cwd` makes; `startedAs` is the path of the command. */
export function searchFrom(
  cwd: string,
  variables: NodeJS.ProcessEnv,
  pluginPath: readonly string[],
  startedAs: string | undefined = process.argv[1],
): PluginSearch {
  return {
    cwd,
    variables,
    pluginPath,
    runnerHome: home,
    startedAs,
    door,
    version: VERSION,
    writer: buildId(),
  }
}

/** Tells one build from another: a cache is believed by the build that wrote it. */
function buildId(): string {
  const reader = built('dropin-reader.js')
  return existsSync(reader) ? `${VERSION}+${statSync(reader).mtimeMs}` : VERSION
}

/** What `RUNNER_PLUGIN_PATH` says, for what is answered without parsing. */
export function pluginPathOf(variables: NodeJS.ProcessEnv): string[] {
  return (variables.RUNNER_PLUGIN_PATH ?? '').split(delimiter).filter((dir) => dir !== '')
}
