import { type LookPath, lookPaths } from './paths.ts'
import { verboseText } from './readiness.ts'
import type { Watch } from './watch.ts'

/** An answer to whoever looks. */
export interface Page {
  readonly code: number
  readonly type: string
  readonly body: string
}

const TEXT = 'text/plain; charset=utf-8'

/** What a path shows. @param query what stands after its question mark */
type Route = (watch: Watch, query: URLSearchParams) => Page | Promise<Page>

/** All that may be looked at. */
export const pages: { readonly [path in LookPath]: Route } = {
  '/': async (watch) => {
    const { ok } = await watch.readiness()
    return text(
      `${[`${watch.name}: ${ok ? 'ready' : 'not ready'}`, ...lookPaths.slice(1)].join('\n')}\n`,
    )
  },
  '/livez': (watch, query) => {
    const life = watch.life()
    return text(query.has('verbose') ? verboseText('livez', life) : 'ok\n')
  },
  '/readyz': async (watch, query) => {
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
