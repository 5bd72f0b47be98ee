import { request } from 'node:http'
import { until } from './until.ts'

/** What a monitor answered. */
export interface Seen {
  readonly code: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly text: string
}

/** How to ask it, where it isn't GET. */
export interface Looking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Looks at a page of a monitor: at a port of localhost, or a path. */
export function look(at: number | string, path: string, how: Looking = {}): Promise<Seen> {
  const { method = 'GET', headers = {}, body } = how
  const where = typeof at === 'string' ? { socketPath: at } : { host: '127.0.0.1', port: at }
  return new Promise((resolve, reject) => {
    const asked = request({ ...where, method, path, headers, agent: false }, async (response) => {
      try {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        resolve({ code: response.statusCode ?? 0, headers: response.headers, text })
      } catch (error) {
        reject(error)
      }
    })
    asked.on('error', reject).end(body)
  })
}

/** Looks until it sees what it waits for; a test never passes by its pace. */
export async function seen(
  at: number | string,
  path: string,
  isIt: (seen: Seen) => boolean,
): Promise<Seen> {
  return await until(`${at}${path}`, async () => {
    const there = await look(at, path).catch(() => undefined)
    return there && isIt(there) ? there : undefined
  })
}

/** One value of a metric. */
export interface Value {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"/
const NUMBER = /[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN/
const SAMPLE = new RegExp(
  `^(${NAME.source})(?:\\{(${LABEL.source}(?:,${LABEL.source})*)\\})? (${NUMBER.source})$`,
)
const HEAD = new RegExp(
  `^# HELP (${NAME.source}) (?:[^\\\\]|\\\\[\\\\n])*\\n# TYPE \\1 (counter|gauge|histogram|summary)$`,
)

/**
 * What is in the text that Prometheus reads, by name. As strict as its format is: each
 * family once and with its head, each sample of one, and none twice.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function valuesIn(text: string): Map<string, Value[]> {
  const found = new Map<string, Value[]>()
  const [heads, samples] = [new Set<string>(), new Set<string>()]
  if (!text.endsWith('\n')) fail(text.slice(-100))
  for (const family of text.slice(0, -1).split('\n\n')) {
    const [help = '', type = '', ...lines] = family.split('\n')
    const [, of = '', kind] = HEAD.exec(`${help}\n${type}`) ?? fail(`${help}\n${type}`)
    if (heads.has(of)) fail(`${help} once more`)
    heads.add(of)
    for (const line of lines) {
      const [, name = '', within = '', value] = SAMPLE.exec(line) ?? fail(line)
      if (!isOfFamily(name, of, kind)) fail(`${line} in ${of}`)
      const labels = [...within.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)].map(
        ([, label, of]) => [label, of] as const,
      )
      const sample = JSON.stringify([name, labels.toSorted()])
      if (samples.has(sample)) fail(`${line} once more`)
      samples.add(sample)
      found.set(name, [
        ...(found.get(name) ?? []),
        { labels: Object.fromEntries(labels), value: Number(value?.replace('Inf', 'Infinity')) },
      ])
    }
  }
  return found
}

function isOfFamily(name: string, family: string, kind: string | undefined): boolean {
  if (kind !== 'histogram' && kind !== 'summary') return name === family
  return [family, `${family}_bucket`, `${family}_sum`, `${family}_count`].includes(name)
}

function fail(line: string): never {
  throw new Error(`not what Prometheus reads: ${line}`)
}
