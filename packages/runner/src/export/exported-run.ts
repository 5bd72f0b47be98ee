import type { OptionsSpec } from '@runnerd/options'
import type { RunnerSettings, Source } from '../plan.ts'
import type { ExportedListener } from './exported-listener.ts'

/**
 * A run as an engine is to have it: always in the foreground. It is what a run of these
 * words would do here, read and, unless `--parse-only` says otherwise, made, so that what
 * is wrong with it has been said by now.
 */
export interface ExportedRun {
  /** What the engine is to call it: `--name`, or the plugin's, or that of the tac file. */
  readonly name: string
  /** The user to run as, as it was given; `undefined` if nobody said. */
  readonly user: string | undefined
  /** runner's own options, `--nodaemon` among them. */
  readonly ownWords: readonly string[]
  /** The plugin's name and its options; empty for a tac file. */
  readonly pluginWords: readonly string[]
  /** Variables of the environment that runner's options, or the plugin's, are read from. */
  readonly environment: Readonly<Record<string, string>>
  /** Where it was exported, which relative paths are meant from. */
  readonly cwd: string
  /** Of this Node: its path and its own options, and the path that runner was called by. */
  readonly command: Command
  readonly settings: RunnerSettings
  /** Whether `--pidfile` or its variable names a pid file, or none. */
  readonly saysPidFile: boolean
  readonly source: Source
  /** What the plugin takes; empty for a tac file. */
  readonly options: OptionsSpec
  /** Where its options have it listen, and where its services say so; what is besides isn't known. */
  readonly listeners: readonly ExportedListener[]
  /** Whether it starts programs of its own, as far as its services say so. */
  readonly startsProcesses: boolean
  /** Whether its services could be asked at all. */
  readonly isMade: boolean
  /** Whether it is to change its user itself, as the command line or the application says. */
  readonly changesUser: boolean
}

/** What runs runner. */
export interface Command {
  readonly node: string
  readonly nodeOptions: readonly string[]
  readonly runner: string
}

/** The whole command line after `runner`. */
export function wordsOf({ ownWords, pluginWords }: ExportedRun): readonly string[] {
  return [...ownWords, ...pluginWords]
}
