import type { ServiceMetric } from 'runnerd'

/** Which way a file goes: to the client, or from it. */
export type Direction = 'sent' | 'received'

/** What has gone over the data connections, listings too. */
export class TransferCounts {
  readonly #done = { sent: 0, received: 0 }
  readonly #failed = { sent: 0, received: 0 }
  readonly #bytes = { sent: 0, received: 0 }

  add(direction: Direction, bytes: number, isDone: boolean): void {
    const outcome = isDone ? this.#done : this.#failed
    outcome[direction] += 1
    this.#bytes[direction] += bytes
  }

  *metrics(): Generator<ServiceMetric> {
    const type = 'counter'
    for (const direction of ['sent', 'received'] as const) {
      const labels = { direction }
      const name = 'ftp_transfers_total'
      const help = 'Transfers that have come to an end.'
      const done = this.#done[direction]
      yield { name, help, type, value: done, labels: { ...labels, outcome: 'done' } }
      const failed = this.#failed[direction]
      yield { name, help, type, value: failed, labels: { ...labels, outcome: 'failed' } }
      yield {
        name: 'ftp_transferred_bytes_total',
        help: 'Bytes moved over data connections.',
        type,
        value: this.#bytes[direction],
        labels,
      }
    }
  }
}
