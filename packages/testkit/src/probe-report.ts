/** What the child process is asked to do: see what a module declares, or run what it makes. */
export type ProbeRequest =
  | { readonly task: 'declare'; readonly url: string; readonly tapname?: string | undefined }
  | {
      readonly task: 'run'
      readonly url: string
      readonly export: string
      readonly args: unknown
    }

/** A line of the child's report. */
export type ProbeLine =
  /** What it does from now on: `it is imported`. */
  | { readonly step: string }
  | { readonly fault: string }
  /** The export that can be run. */
  | { readonly runnable: string }
  /** An error nobody caught; the child ends by it. */
  | { readonly uncaught: string }
  /** What it waits for can't come: nothing is left that could bring it. */
  | { readonly stuck: true }
  /** It has done all; what remains is to end. */
  | { readonly end: true }

/** The file descriptor that the child reports on. */
export const REPORT_FD = 3

/** The first line of what an error says. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  return (
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? 'no reason given'
  )
}
