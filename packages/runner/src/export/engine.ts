import type { ExportedRun } from './exported-run.ts'

/** A file that an engine reads. */
export interface ExportedFile {
  /** Its name in the directory that `--out` names, with slashes where it is further down. */
  readonly name: string
  /** The whole of it, with its last line break. */
  readonly text: string
  /** 0644 if left out. */
  readonly mode?: number
}

/** What there is of a run for an engine. */
export interface Exported {
  /** In the order they are printed in; at least one. */
  readonly files: readonly ExportedFile[]
  /** What the operator should know before the files are used: a line each, on stderr. */
  readonly notes: readonly string[]
}

/**
 * Puts a run into the words of an engine. The same run and options give the same bytes:
 * it reads no clock, and nothing of this machine but what the run names.
 *
 * @param options its own, as `engineUsage` declares them, without those of every engine
 * @throws UsageError for what the engine can't do, or for an option that makes no sense
 */
export type Engine = (
  run: ExportedRun,
  options: Readonly<Record<string, unknown>>,
) => Exported | Promise<Exported>
