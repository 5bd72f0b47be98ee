/** An error for what was thrown: itself, or one that has it as its cause. @internal */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}
