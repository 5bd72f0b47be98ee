import type { Socket } from 'node:net'

/**
 * What the connections of one port have carried. The system's sockets count that
 * themselves: it is read when one ends, and of those that are open when somebody asks, so
 * that nothing is done where bytes come and go.
 *
 * @internal
 */
export class ByteTotals {
  #in = 0
  #out = 0

  /** A connection has ended; to be called once for each. */
  add({ bytesRead, bytesWritten }: Socket): void {
    this.#in += bytesRead
    this.#out += bytesWritten
  }

  /** All there were, with those that are open. */
  with(open: Iterable<Socket>): { readonly bytesIn: number; readonly bytesOut: number } {
    let bytesIn = this.#in
    let bytesOut = this.#out
    for (const { bytesRead, bytesWritten } of open) {
      bytesIn += bytesRead
      bytesOut += bytesWritten
    }
    return { bytesIn, bytesOut }
  }
}
