/**
 * Makes digests that nobody can make without its key, which this process alone has
 * and never writes down.
 */
export class KeyedDigest {
  #key: Buffer | undefined

  /** The digest of some texts, the same for the same ones. */
  async of(...texts: readonly string[]): Promise<Buffer> {
    const { createHmac, randomBytes } = await import('node:crypto')
    this.#key ??= randomBytes(32)
    return createHmac('sha256', this.#key).update(JSON.stringify(texts)).digest()
  }
}
