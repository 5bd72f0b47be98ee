import { request } from 'node:http'

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
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    const there = await look(at, path).catch(() => undefined)
    if (there && isIt(there)) return there
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`looked in vain at ${at}${path}`)
}

/** One value of a metric. */
export interface Value {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What is in the text that Prometheus reads, by name. */
export function valuesIn(text: string): Map<string, Value[]> {
  const found = new Map<string, Value[]>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, name = '', within = '', value] =
      /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail(line)
    const labels = [...within.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)].map(
      ([, label, of]) => [label, of] as const,
    )
    found.set(name, [
      ...(found.get(name) ?? []),
      { labels: Object.fromEntries(labels), value: Number(value) },
    ])
  }
  return found
}

function fail(line: string): never {
  throw new Error(`not a line that Prometheus reads: ${line}`)
}
