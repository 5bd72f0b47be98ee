import { AssertionError } from 'node:assert'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { OptionArguments } from './option-arguments.ts'
import { type ProbeResult, runProbe } from './run-probe.ts'

/** How a plugin is checked. */
export interface CheckPluginOptions {
  /** The options it is started with; at least those it demands, and ports of its own choice. */
  readonly args?: OptionArguments
  /** Which service maker is meant, where the module exports several. */
  readonly tapname?: string
  /** How many seconds each of the two child processes may take. Default 30. */
  readonly timeout?: number
}

/**
 * Checks that a module is a plugin that `runner` can list, run and stop. It is
 * imported, and its service started and stopped, in child processes, so what it
 * does there can't hurt the tests.
 *
 * - It exports a service maker with a valid `tapname`, a `description`, and
 *   options that are data, out of which its help is drawn.
 * - Importing it does nothing else: it prints nothing, leaves nothing active and
 *   no listener on `process`, and ends neither the process nor sets its status.
 * - `makeService` starts nothing. What the start has begun is over after the stop.
 *
 * @param file - the built module, a file URL or a path
 *
 * @throws AssertionError naming everything that is wrong
 *
 * @example
 * await checkPlugin(new URL('../dist/plugin.js', import.meta.url), { args: ['--port', '0'] })
 */
export async function checkPlugin(
  file: URL | string,
  options: CheckPluginOptions = {},
): Promise<void> {
  const path = pathOf(file)
  const faults = existsSync(path) ? await faultsOf(path, options) : ['there is no such file']
  if (faults.length === 0) return
  const list = faults.map((fault) => `\n  - ${fault}`).join('')
  throw new AssertionError({ message: `${path} is no sound plugin:${list}` })
}

function pathOf(file: URL | string): string {
  return file instanceof URL || file.startsWith('file:') ? fileURLToPath(file) : resolve(file)
}

async function faultsOf(path: string, options: CheckPluginOptions): Promise<string[]> {
  const { args = [], tapname, timeout = 30 } = options
  const url = pathToFileURL(path).href
  const declared = await runProbe({ task: 'declare', url, tapname }, timeout)
  const faults = [...declared.faults, ...printed(declared)]
  if (declared.runnable === undefined) return faults
  const run = await runProbe({ task: 'run', url, export: declared.runnable, args }, timeout)
  return [...faults, ...run.faults]
}

function printed(result: ProbeResult): string[] {
  return (['stdout', 'stderr'] as const).flatMap((stream) => {
    const text = result[stream].trim()
    if (text === '') return []
    const [line = ''] = text.split('\n')
    return [`importing it prints on ${stream}: ${JSON.stringify(line.slice(0, 100))}`]
  })
}
