import { addObserver, type LogEvent } from '@runnerd/logging'

/** What is logged from now on, as `[system] text`, until `end` is called. */
export function logLines(): { readonly lines: string[]; end(): void } {
  const lines: string[] = []
  const end = addObserver((event: LogEvent) => {
    lines.push(`[${event.system}] ${event.text}`)
  })
  lines.length = 0
  return { lines, end }
}
