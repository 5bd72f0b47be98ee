import type { Outcome } from '../outcome.ts'

/** What a verb is called with. */
export interface VerbCall {
  /** The pid file, absolute. */
  readonly pidfile: string
  /** Whether that was said, and not only left to be the usual one. */
  readonly isNamed: boolean
  readonly values: Readonly<Record<string, unknown>>
  readonly cwd: string
  readonly variables: NodeJS.ProcessEnv
}

/** Does what a verb of runner says. @throws UsageError, RunnerError */
export type DaemonVerb = (call: VerbCall) => Promise<Outcome>
