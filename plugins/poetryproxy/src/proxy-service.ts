import { getSystemErrorMap } from 'node:util'
import {
  backoffPolicy,
  type Clock,
  type ConnectError,
  counted,
  type IStreamClientEndpoint,
  log,
  Service,
  type ServiceDescription,
  type ServiceHealth,
  type ServiceMetric,
  systemClock,
} from 'runnerd'
import { fetchPoem } from './fetch-poem.ts'

/** How a proxy fetches and keeps its poem. */
export interface ProxyOptions {
  /** How long a poem is served before it is fetched anew, in seconds; 0 keeps none. Default 300. */
  readonly cacheSeconds?: number
  /** How many seconds a try to fetch the poem may take. Default 10. */
  readonly upstreamTimeout?: number
  /** How often a fetch is tried again for clients that would get nothing. Default 2. */
  readonly retries?: number
  /** The longest poem to take. Default 10,000,000 bytes. */
  readonly maxBytes?: number
  /** Where time comes from; for tests. */
  readonly clock?: Clock
}

/** A poem, and when it came. */
interface Kept {
  readonly poem: Buffer
  readonly at: number
}

const system = 'ProxyFactory'

/** Clients wait for these: 0.2, 0.4, 0.8 … seconds, and a little. */
const pause = backoffPolicy({
  initialDelay: 0.1,
  factor: 2,
  maxDelay: 5,
  jitter: () => Math.random() / 10,
})

/** Nobody waits for these. */
const respite = backoffPolicy()

/**
 * Fetches the poem from another poetry server when a client asks for it, and keeps it for
 * a while. Clients that ask while it is being fetched wait for the same fetch.
 */
export class ProxyService extends Service {
  readonly #upstream: IStreamClientEndpoint
  readonly #options: Required<ProxyOptions>
  #kept: Kept | undefined
  #fetching: Promise<Buffer> | undefined
  #stopping = new AbortController()
  /** Since the last poem came. */
  #failures = 0
  #notBefore = 0
  /** How often a poem was there already, was fetched, and could not be. */
  #hits = 0
  #fetches = 0
  #faults = 0

  constructor(upstream: IStreamClientEndpoint, options: ProxyOptions = {}) {
    super()
    const { cacheSeconds = 300, upstreamTimeout = 10, retries = 2 } = options
    const { maxBytes = 10_000_000, clock = systemClock } = options
    this.#upstream = upstream
    this.#options = { cacheSeconds, upstreamTimeout, retries, maxBytes, clock }
  }

  /**
   * The poem. One that is older than it should be is fetched anew. If that fails the old
   * one is served on, and nobody waits for the upstream any more until it is well again.
   */
  async getPoem(): Promise<Buffer> {
    const kept = this.#kept
    if (kept === undefined) return await this.#fetched()
    if (this.#now - kept.at < this.#options.cacheSeconds) {
      this.#hits += 1
      return kept.poem
    }
    if (this.#failures === 0) return await this.#fetched()
    if (this.#now >= this.#notBefore) this.#fetched().catch(() => {})
    this.#hits += 1
    return kept.poem
  }

  /** Where the poem is from, and how old it is, for `runner status`. */
  describe(): ServiceDescription {
    const kept = this.#kept
    const age = kept && Math.round(this.#now - kept.at)
    const poem = kept ? `${counted(kept.poem.length, 'byte')}, fetched ${age} s ago` : 'none yet'
    return { details: { upstream: this.#name, poem } }
  }

  /**
   * Well even without its upstream: it asks when a client does, and would never be well
   * again if none were sent to it.
   */
  health(): ServiceHealth {
    return this.#failures > 0 ? { ok: true, reason: 'the upstream sends no poem' } : { ok: true }
  }

  metrics(): ServiceMetric[] {
    const kept = this.#kept
    return [
      {
        name: 'poetryproxy_cache_hits_total',
        help: 'Poems that were served from memory.',
        type: 'counter',
        value: this.#hits,
      },
      {
        name: 'poetryproxy_fetches_total',
        help: 'Poems fetched from the upstream, tries that failed left out.',
        type: 'counter',
        value: this.#fetches,
      },
      {
        name: 'poetryproxy_fetch_failures_total',
        help: 'Tries to fetch a poem that failed.',
        type: 'counter',
        value: this.#faults,
      },
      {
        name: 'poetryproxy_poem_bytes',
        help: 'The size of the poem in memory, 0 if there is none.',
        type: 'gauge',
        value: kept?.poem.length ?? 0,
      },
    ]
  }

  override startService(): void {
    super.startService()
    this.#stopping = new AbortController()
    this.#failures = 0
    this.#notBefore = 0
  }

  override async stopService(): Promise<void> {
    super.stopService()
    this.#kept = undefined
    this.#stopping.abort()
    await this.#fetching?.catch(() => {})
  }

  /** Whoever asks meanwhile gets the same. */
  #fetched(): Promise<Buffer> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetch(): Promise<Buffer> {
    const { retries, clock } = this.#options
    const { signal } = this.#stopping
    const old = this.#kept
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#fetchOnce(signal)
      } catch (error) {
        signal.throwIfAborted()
        this.#faults += 1
        const reason = `cannot fetch the poem: ${reasonOf(error)}`
        if (old !== undefined) return this.#stillOld(old, reason)
        if (tries > retries) {
          log.warn(reason, { system })
          throw error
        }
        const delay = pause(tries)
        log.warn(`${reason}; trying again in ${delay.toFixed(1)} seconds`, { system })
        await wait(delay, clock, signal)
      }
    }
  }

  async #fetchOnce(signal: AbortSignal): Promise<Buffer> {
    const { cacheSeconds, upstreamTimeout: timeout, maxBytes, clock } = this.#options
    log.msg(`fetching a poem from ${this.#name}`, { system })
    const poem = await fetchPoem(this.#upstream, { timeout, maxBytes }, clock, signal)
    this.#failures = 0
    this.#fetches += 1
    if (cacheSeconds > 0) this.#kept = { poem, at: this.#now }
    return poem
  }

  #stillOld({ poem, at }: Kept, reason: string): Buffer {
    this.#failures += 1
    const delay = respite(this.#failures)
    this.#notBefore = this.#now + delay
    const age = Math.round(this.#now - at)
    const text = `${reason}; serving the one of ${counted(age, 'second')} ago, trying again in`
    log.warn(`${text} ${delay.toFixed(1)} seconds`, { system })
    return poem
  }

  /** `localhost:10000`, or an endpoint string where that isn't plain TCP. */
  get #name(): string {
    return String(this.#upstream).replace(/^tcp:/, '')
  }

  get #now(): number {
    return this.#options.clock.seconds()
  }
}

/** In plain words; where to has been said. */
function reasonOf(error: unknown): string {
  const { destination, errno, message } = error as Partial<ConnectError> & NodeJS.ErrnoException
  if (destination !== undefined) return message.replace(`cannot connect to ${destination}: `, '')
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]
  return known ?? message
}

async function wait(seconds: number, clock: Clock, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const call = clock.callLater(seconds, resolve)
    signal.addEventListener('abort', () => {
      call.cancel()
      resolve()
    })
  })
  signal.throwIfAborted()
}
