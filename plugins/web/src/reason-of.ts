/** What somebody's code has thrown, as a reason in a line: that may be anything. */
export function reasonOf(thrown: unknown): string {
  try {
    const { name, message } = textsOf(thrown)
    const line = message.split('\n', 1)[0]?.trim() || 'it failed to load'
    return thrown instanceof SyntaxError ? `${name}: ${line}` : line
  } catch {
    // Getters that throw too, and what is no text.
    return 'it threw what cannot be shown'
  }
}

function textsOf(thrown: unknown): { name: string; message: string } {
  if (typeof thrown === 'string') return { name: '', message: thrown }
  const { name, message } = (thrown ?? {}) as Partial<Error>
  if (typeof message === 'string') return { name: String(name), message }
  return { name: '', message: `it threw ${String(thrown)}` }
}
