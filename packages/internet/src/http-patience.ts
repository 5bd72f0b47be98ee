/** How long a client may take to send a request, in ms, as Node's servers have it. @internal */
export interface Patience {
  readonly headersTimeout: number
  readonly requestTimeout: number
  /** How often it is looked at. */
  readonly connectionsCheckingInterval: number
}

/** Node's own defaults, in seconds. */
const HEADERS = 60
const REQUEST = 300

/** Node's own, in ms. */
const CHECKING = 30_000

/** @throws RangeError if one is no number, or negative @internal */
export function patienceOf(options: {
  readonly headersTimeout?: number | undefined
  readonly requestTimeout?: number | undefined
}): Patience {
  const requestTimeout = inMs('requestTimeout', options.requestTimeout ?? REQUEST)
  const head = inMs('headersTimeout', options.headersTimeout ?? HEADERS)
  // Node takes no more for a part than for the whole.
  const headersTimeout = requestTimeout > 0 ? Math.min(head, requestTimeout) : head
  const least = Math.min(...[headersTimeout, requestTimeout].filter((each) => each > 0))
  // A client is found out late by at most a quarter of what it has.
  const connectionsCheckingInterval = Math.min(CHECKING, Math.max(100, Math.ceil(least / 4)))
  return { headersTimeout, requestTimeout, connectionsCheckingInterval }
}

/** @throws RangeError if it is no number of seconds that a timer can wait @internal */
export function inMs(name: string, seconds: number): number {
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= LONGEST) {
    return Math.ceil(seconds * 1000)
  }
  throw new RangeError(
    `The ${name} must be a number of seconds that is not negative, not ${seconds}`,
  )
}

/** As long as a timer can be set for, in seconds. */
const LONGEST = 2_147_483
