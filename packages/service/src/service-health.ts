/** How well a service does what it is there for, beyond that it runs. */
export interface ServiceHealth {
  /** Whether it can do it now. */
  readonly ok: boolean

  /** Why not, in a few words for an operator; or how well, if it can. */
  readonly reason?: string | undefined
}

/** One number that a service counts or measures, as Prometheus takes it. */
export interface ServiceMetric {
  /**
   * Begins with what the plugin is called: `web_requests_total`. Letters, digits, `_` and
   * `:`, none of `runner_`, `nodejs_` and `process_` at its beginning; the name of a
   * counter should end with `_total`, that of a quantity with its unit.
   */
  readonly name: string

  /** What it is, in a sentence. */
  readonly help: string

  /** A counter only ever grows, from 0 at the start of the process; a gauge may do anything. */
  readonly type: 'counter' | 'gauge'

  /** Its value now. */
  readonly value: number

  /**
   * What tells it from others of the same name, few values each: no addresses of
   * clients. A label `service` is added, and with workers one `worker`.
   */
  readonly labels?: Readonly<Record<string, string>> | undefined
}
