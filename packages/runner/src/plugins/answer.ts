import type { ExitStatus } from '../exit-status.ts'

/** What a verb has to say, and how the command ends. */
export interface Answer {
  /** For stdout. */
  readonly text: string
  /** For stderr: whole lines. */
  readonly complaints?: string
  readonly status: ExitStatus
}
