import { Service, type ServiceDescription, type ServiceMetric } from 'runnerd'
import { rcodeName } from './record-types.ts'
import type { Resolver } from './resolver.ts'
import type { Responder } from './responder.ts'
import type { Zone } from './zone.ts'

/** What tells of the answers, and waits for those that are due. */
export class Answering extends Service {
  readonly #responder: Responder
  readonly #zones: readonly Zone[]
  readonly #resolver: Resolver | undefined

  constructor(responder: Responder, zones: readonly Zone[], resolver: Resolver | undefined) {
    super()
    this.#responder = responder
    this.#zones = zones
    this.#resolver = resolver
    this.setName('answers')
  }

  /** A reload waits until those are answered for whom others are being asked. */
  override async drain(): Promise<void> {
    await this.#resolver?.idle()
  }

  /** The zones with their serials. */
  describe(): ServiceDescription {
    const zones = this.#zones.map(({ origin, serial }) => [`zone ${origin}`, `serial ${serial}`])
    const resolver = this.#resolver
    const cache = resolver === undefined ? {} : { 'answers remembered': resolver.remembered }
    return { details: { ...Object.fromEntries(zones), ...cache } }
  }

  *metrics(): Iterable<ServiceMetric> {
    const { udp, tcp, rcodes } = this.#responder.counts
    const queries = {
      name: 'dns_queries_total',
      help: 'Messages that came.',
      type: 'counter',
    } as const
    yield { ...queries, value: udp, labels: { transport: 'udp' } }
    yield { ...queries, value: tcp, labels: { transport: 'tcp' } }
    for (const [rcode, value] of rcodes.entries()) {
      if (value === 0) continue
      const labels = { rcode: rcodeName(rcode) }
      yield {
        name: 'dns_responses_total',
        help: 'Responses, by code.',
        type: 'counter',
        value,
        labels,
      }
    }
    for (const { origin, serial: value } of this.#zones) {
      const labels = { zone: String(origin) }
      yield { name: 'dns_zone_serial', help: 'The serial of a zone.', type: 'gauge', value, labels }
    }
    if (this.#resolver !== undefined) yield* resolverMetrics(this.#resolver)
  }
}

function* resolverMetrics({ counts, remembered, waiting }: Resolver): Iterable<ServiceMetric> {
  const counted = { type: 'counter' } as const
  const help = {
    hits: 'Questions that were answered from what is remembered.',
    asked: 'Questions that other servers were asked.',
    failed: 'Those of them that none has answered.',
  }
  yield { ...counted, name: 'dns_cache_hits_total', help: help.hits, value: counts.hits }
  yield { ...counted, name: 'dns_forwarded_total', help: help.asked, value: counts.asked }
  yield { ...counted, name: 'dns_forward_failures_total', help: help.failed, value: counts.failed }
  const measured = { type: 'gauge' } as const
  yield { ...measured, name: 'dns_cache_entries', help: 'Answers remembered.', value: remembered }
  yield { ...measured, name: 'dns_waiting', help: 'Clients others are asked for.', value: waiting }
}
