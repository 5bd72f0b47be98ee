import type { IncomingHttpHeaders } from 'node:http'
import { type LookPath, lookPaths } from './paths.ts'
import { verboseText } from './readiness.ts'
import type { Watch } from './watch.ts'

/** An answer to whoever looks. */
export interface Page {
  readonly code: number
  readonly type: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const TEXT = 'text/plain; charset=utf-8'

/** How one asks. */
export interface Look {
  /** What stands after the question mark. */
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
}

/** What a path shows. */
type Route = (watch: Watch, look: Look) => Page | Promise<Page>

/** All that may be looked at. */
export const pages: { readonly [path in LookPath]: Route } = {
  '/': async (watch, { headers: { accept = '' } }) => {
    const headers = { Vary: 'Accept' }
    // A browser, which shows what it gets.
    if (/\btext\/html\b/.test(accept)) {
      const { statusPage, POLICY } = await import('../monitor-page/status-page.ts')
      const body = statusPage(await watch.overview(), new Date())
      const type = 'text/html; charset=utf-8'
      return { code: 200, type, body, headers: { ...headers, 'Content-Security-Policy': POLICY } }
    }
    const { ok } = await watch.readiness()
    const lines = [`${watch.name}: ${ok ? 'ready' : 'not ready'}`, ...lookPaths.slice(1)]
    return { ...text(`${lines.join('\n')}\n`), headers }
  },
  '/livez': (watch, { query }) => {
    const life = watch.life()
    return text(query.has('verbose') ? verboseText('livez', life) : 'ok\n')
  },
  '/readyz': async (watch, { query }) => {
    const ready = await watch.readiness()
    if (ready.ok && !query.has('verbose')) return text('ok\n')
    return { ...text(verboseText('readyz', ready)), code: ready.ok ? 200 : 503 }
  },
  '/metrics': async (watch) => {
    const { type, text: body } = await watch.metrics()
    return { code: 200, type, body }
  },
  '/overview': async (watch) => ({
    code: 200,
    type: 'application/json',
    body: `${JSON.stringify(await watch.overview(), undefined, 2)}\n`,
  }),
}

function text(body: string): Page {
  return { code: 200, type: TEXT, body }
}
