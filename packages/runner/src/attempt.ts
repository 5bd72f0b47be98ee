/** What this returns; `undefined` if it throws, as what is a plugin's may. */
export function attempt<T>(tell: () => T): T | undefined {
  try {
    return tell()
  } catch {
    return undefined
  }
}

/**
 * Lets go of what was given in place of something else: if it is a promise, and rejects,
 * nobody would catch that, and it would end the process.
 */
export function disregard(given: unknown): void {
  attempt(() => {
    if (given instanceof Promise) given.catch(() => {})
  })
}
