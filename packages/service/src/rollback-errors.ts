/**
 * What a failed start rejects with when undoing it failed too: the error that
 * made the start fail, with the others in `rollbackErrors`. An own enumerable
 * property, so that whoever logs the error shows them without knowing of it.
 *
 * @example
 * import { MultiService, type RollbackFailed } from 'runnerd'
 *
 * try {
 *   await new MultiService().startService()
 * } catch (error) {
 *   for (const each of (error as RollbackFailed).rollbackErrors ?? []) console.error(each)
 * }
 */
export interface RollbackFailed {
  /** What went wrong while the start was undone, in that order. Left out if nothing did. */
  rollbackErrors?: readonly unknown[]
}

/** @internal */
export function withRollbackErrors(error: unknown, errors: readonly unknown[]): unknown {
  if (errors.length === 0) return error
  const rollbackErrors = [...rollbackErrorsOf(error), ...errors]
  try {
    // A thrown string or a frozen error can't carry anything.
    if (error instanceof Error && Object.isExtensible(error)) {
      return Object.assign(error, { rollbackErrors })
    }
  } catch {
    // Nor can a proxy or a setter that throws.
  }
  return Object.assign(new Error(messageOf(error), { cause: error }), { rollbackErrors })
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'An error that cannot be shown'
  }
}

/** @internal */
export function rollbackErrorsOf(error: unknown): readonly unknown[] {
  try {
    return (error as RollbackFailed | null | undefined)?.rollbackErrors ?? []
  } catch {
    return []
  }
}
