import type { ServiceMetric } from 'runnerd'
import type { Command } from './request.ts'

const COMMANDS: readonly Command[] = ['CONNECT', 'BIND', 'UDP ASSOCIATE']

/** What clients have asked for, and whether they got it. */
export class RequestCounts {
  readonly #authorized = new Map<Command, number>()
  readonly #refused = new Map<Command, number>()

  add(command: Command, isAuthorized: boolean): void {
    const counts = isAuthorized ? this.#authorized : this.#refused
    counts.set(command, (counts.get(command) ?? 0) + 1)
  }

  *metrics(): Generator<ServiceMetric> {
    for (const command of COMMANDS) {
      yield metric(command, 'authorized', this.#authorized)
      yield metric(command, 'refused', this.#refused)
    }
  }
}

function metric(
  command: Command,
  outcome: string,
  counts: ReadonlyMap<Command, number>,
): ServiceMetric {
  return {
    name: 'socks_requests_total',
    help: 'What clients have asked for.',
    type: 'counter',
    value: counts.get(command) ?? 0,
    labels: { command, outcome },
  }
}
