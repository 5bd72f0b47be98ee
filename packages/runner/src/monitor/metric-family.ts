/** All values of one name, as prom-client has them: JSON, which goes from a worker to its parent. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly values: readonly MetricValue[]
}

export interface MetricValue {
  readonly labels: Labels
  readonly value: number
  /** Where it isn't that of the family: `…_bucket` of a histogram. */
  readonly metricName?: string
}

export type Labels = Readonly<Record<string, string | number>>

/** What is said of a family where its values come from. */
export type MetricHead = Pick<MetricFamily, 'name' | 'help'> & {
  readonly type: 'counter' | 'gauge'
}

/** The families of one place, put together value by value. */
export class MetricFamilies {
  readonly #made = new Map<string, { head: MetricHead; values: Map<string, MetricValue> }>()

  /** Adds a value to its family, which the first one makes; the same labels twice are summed. */
  add({ name, help, type }: MetricHead, value: number, labels: Labels = {}): void {
    let family = this.#made.get(name)
    if (family === undefined) {
      family = { head: { name, help, type }, values: new Map() }
      this.#made.set(name, family)
    }
    const key = JSON.stringify(labels)
    const before = family.values.get(key)?.value ?? 0
    family.values.set(key, { labels, value: before + value })
  }

  /** What a family is, if there is one of this name. */
  head(name: string): MetricHead | undefined {
    return this.#made.get(name)?.head
  }

  get all(): MetricFamily[] {
    return [...this.#made.values()].map(({ head, values }) => ({
      ...head,
      values: [...values.values()],
    }))
  }
}

/** The same families with one more label on each value. */
export function withLabel(
  families: readonly MetricFamily[],
  label: string,
  value: string,
): MetricFamily[] {
  return families.map((family) => ({
    ...family,
    values: family.values.map((each) => ({ ...each, labels: { ...each.labels, [label]: value } })),
  }))
}
