/** The real ones, whatever a test makes of them. */
const { clearTimeout: cancel, setTimeout: later } = globalThis

/** How long anything is waited for, in ms; long enough for a machine that is busy. */
const PATIENCE = 120_000

/**
 * Waits for a promise.
 *
 * @param what said when it is called
 * @throws after two minutes, to say what it hung at
 */
export async function inTime<T>(what: () => string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = later(() => reject(new Error(`waited in vain for ${what()}`)), PATIENCE)
  })
  return await Promise.race([promise, late]).finally(() => cancel(timer))
}

/** Looks again at every turn of the loop until something is so. @throws as {@link inTime} does */
export async function comesTrue(what: () => string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what()}`)
    await new Promise(setImmediate)
  }
}
