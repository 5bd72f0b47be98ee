import { inspect } from 'node:util'

/** What a log line says of any value: a string as it is, an error with its stack. Never throws. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return inspect(value)
  } catch {
    // A proxy or a getter that throws must not kill whoever logs it.
    return `[an unprintable ${typeof value}]`
  }
}
