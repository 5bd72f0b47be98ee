/** In bytes. */
const SIZE = 1024 * 1024

/** How many there are at the most, for all transfers of this process. */
const MOST = 8

/**
 * Large pieces of memory for those who make good use of them: they are made when they are
 * first borrowed, and kept for the next.
 */
class LargePieces {
  readonly #free: Buffer[] = []
  #made = 0

  /** One of them; `undefined` if others have them all. */
  borrow(): Buffer | undefined {
    if (this.#free.length > 0 || this.#made === MOST) return this.#free.pop()
    this.#made += 1
    return Buffer.allocUnsafeSlow(SIZE)
  }

  /** Takes it back, once, if it is one of them. Nobody reads into it or sends it any more. */
  giveBack(piece: Buffer): void {
    if (this.has(piece)) this.#free.push(piece)
  }

  has({ length }: Buffer): boolean {
    return length === SIZE
  }
}

/** Those of this process. */
export const largePieces = new LargePieces()
