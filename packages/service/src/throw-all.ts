/** What a collection says when several of its children failed to stop. @internal */
export const SEVERAL_FAILED = 'Several services failed to stop'

/** Throws the only error as it is, several of them as an `AggregateError`. @internal */
export function throwAll(errors: readonly unknown[], message: string): void {
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, message)
}
