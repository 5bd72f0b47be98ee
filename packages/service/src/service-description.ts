/** A place where a service takes connections or messages. */
export interface ListenerDescription {
  /** `tcp`, `unix`, `udp`, or a word of the service's own. */
  readonly kind: string

  /** The IP address, or the path. */
  readonly address: string

  /** The port number, where there is one. */
  readonly port?: number | undefined

  /** Left out where there is no such thing. */
  readonly connections?: ConnectionCounts | undefined
}

/** How many connections one listener has. */
export interface ConnectionCounts {
  /** There are now. */
  readonly open: number

  /** There were since it was bound, those that are open among them. */
  readonly total: number

  /** How many there may be at a time; left out where there is no such limit. */
  readonly most?: number | undefined

  /** How many more there were, which were closed at once. */
  readonly refused?: number | undefined

  /** How many of the total were closed as they had been silent for too long. */
  readonly timedOut?: number | undefined

  /** How many bytes came in over all of them, with TLS those of TLS; left out where nobody counts. */
  readonly bytesIn?: number | undefined

  /** How many went out. */
  readonly bytesOut?: number | undefined
}

/** What a service tells of itself to whoever asks how it is. */
export interface ServiceDescription {
  /** Where it listens now; left out, or empty, while it doesn't. */
  readonly listeners?: readonly ListenerDescription[] | undefined

  /** Whatever else an operator would like to see, a line each. */
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined
}
