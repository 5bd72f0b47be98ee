/** All values of one name, as prom-client has them: JSON, which goes from a worker to its parent. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly values: readonly MetricValue[]
}

export interface MetricValue {
  readonly labels: Labels
  /** What JSON has no number for by its name: `Infinity`. */
  readonly value: number | string
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
  readonly #made = new Map<string, { head: MetricHead; values: Map<string, Summed> }>()

  /** Adds a value to its family, which the first one makes; the same labels twice are summed. */
  add({ name, help, type }: MetricHead, value: number, labels: Labels = {}): void {
    let family = this.#made.get(name)
    if (family === undefined) {
      family = { head: { name, help, type }, values: new Map() }
      this.#made.set(name, family)
    }
    const sound = soundLabels(labels)
    // In whatever order they stand.
    const key = JSON.stringify(Object.entries(sound).sort())
    const before = family.values.get(key) ?? { labels: sound, value: 0 }
    family.values.set(key, { ...before, value: before.value + value })
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

type Summed = MetricValue & { readonly value: number }

/** Without halves of characters: those would all be written as the same. */
function soundLabels(labels: Labels): Labels {
  const sound = Object.entries(labels).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\ufffd') : value,
  ])
  return Object.fromEntries(sound)
}

/** The same families as those of a worker, to be sent to its parent. */
export function ofWorker(families: readonly MetricFamily[], number: number): MetricFamily[] {
  const worker = String(number)
  return families.map((family) => ({
    ...family,
    values: family.values.map((each) => ({
      ...each,
      value: Number.isFinite(each.value) ? each.value : String(each.value),
      labels: { ...each.labels, worker },
    })),
  }))
}
