/**
 * What a look at a file finds; `undefined` too for who may not enter its directory: what
 * others do there isn't seen.
 *
 * @internal
 */
export function seen<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
