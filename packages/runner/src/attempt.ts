/** What this returns; `undefined` if it throws, as what is a plugin's may. */
export function attempt<T>(tell: () => T): T | undefined {
  try {
    return tell()
  } catch {
    return undefined
  }
}
