/** How long it is looked for something, in ms; long enough for a machine that is busy. */
const PATIENCE = 120_000

/** Between two looks, in ms. */
const PAUSE = 20

/**
 * Waits for what tells nobody that it has come about, by looking again and again: a
 * server that answers, say. A test never passes or fails by its pace.
 *
 * @param look gives `undefined` as long as it isn't so
 * @throws after two minutes, to say what it hung at
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (const end = performance.now() + PATIENCE; ; ) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}
