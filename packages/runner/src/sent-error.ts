/** What counts of an error, here as there: the line, the status, the system's code. */
export interface SentError {
  readonly message: string
  readonly [detail: string]: unknown
}

const DETAILS = ['code', 'errno', 'syscall', 'path', 'exitStatus', 'hint'] as const

export function sentError(error: unknown): SentError {
  const from = (error ?? {}) as Record<string, unknown>
  const details = DETAILS.filter((name) => from[name] !== undefined)
  return {
    message: error instanceof Error ? error.message : String(error),
    ...Object.fromEntries(details.map((name) => [name, from[name]])),
  }
}

export function receivedError({ message, ...details }: SentError): Error {
  return Object.assign(new Error(message), details)
}
