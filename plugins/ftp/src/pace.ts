/** The systems of both ends may take so many bytes for a client that takes none. */
const KEPT = 16 * 1024 * 1024

/** So many bytes in a millisecond are quick. */
const QUICK = 50_000

/** How quickly the bytes of one transfer are moved. */
export class Pace {
  #moved = 0
  #since = performance.now()

  /**
   * Whether those since the last call were moved quickly, by the client and the disk.
   *
   * @param moved - how many there were up to now
   */
  isQuick(moved: number): boolean {
    const now = performance.now()
    const rate = (moved - this.#moved) / (now - this.#since)
    this.#moved = moved
    this.#since = now
    return moved > KEPT && rate > QUICK
  }
}
