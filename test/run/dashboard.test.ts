import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parser } from '@prometheus-io/lezer-promql'
import { freePort } from '../helpers/free-port.ts'
import { look, valuesIn } from '../helpers/monitor.ts'
import { root } from '../helpers/paths.ts'
import { fetchFrom, withWorkers } from '../helpers/workers.ts'

interface Target {
  readonly refId: string
  readonly expr: string
  readonly legendFormat: string
  readonly datasource: { readonly type: string; readonly uid: string }
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: {
    readonly h: number
    readonly w: number
    readonly x: number
    readonly y: number
  }
  readonly targets?: readonly Target[]
}

interface Variable {
  readonly name: string
  readonly type: string
  readonly definition?: string
}

interface Dashboard {
  readonly uid: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: { readonly list: readonly { readonly expr: string }[] }
}

const file = join(root, 'docs', 'grafana', 'runner.json')
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard
const { panels } = dashboard
const targets = panels.flatMap((panel) => panel.targets ?? [])
const annotations = dashboard.annotations.list.map(({ expr }) => expr)
const queries = [...targets.map(({ expr }) => expr), ...annotations]
const definitions = dashboard.templating.list.flatMap(({ definition }) => definition ?? [])

/** What a query is made of, by the grammar that Prometheus publishes of its language. */
function partsOf(query: string): { metrics: string[]; labels: string[] } {
  // Grafana puts a time in the place of that.
  const text = query.replaceAll('$__rate_interval', '1m')
  const metrics: string[] = []
  const labels: string[] = []
  parser.parse(text).iterate({
    enter: ({ name, type, from, to, node }) => {
      assert.ok(!type.isError, `not PromQL at ${from}: ${text}`)
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') {
        metrics.push(text.slice(from, to))
      }
      if (name === 'LabelName') labels.push(text.slice(from, to))
    },
  })
  return { metrics, labels }
}

// Grafana publishes types of its dashboards and no schema of them: what it needs to show
// one is looked at here.
test('the dashboard has what Grafana needs to show it: panels that have a place each, and queries', () => {
  assert.match(dashboard.uid, /^[\w-]{1,40}$/)
  assert.ok(dashboard.schemaVersion >= 36)
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const taken = new Set<string>()
  for (const { title, type, description, gridPos, targets: asked = [] } of panels) {
    assert.ok(title !== '' && ['row', 'stat', 'timeseries'].includes(type), title)
    if (type === 'row') continue
    assert.ok(description && asked.length > 0, title)
    assert.deepEqual(
      asked.map(({ refId }) => refId),
      ['A', 'B', 'C'].slice(0, asked.length),
    )
    assert.ok(gridPos.x + gridPos.w <= 24, title)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        assert.ok(!taken.has(`${x} ${y}`), `${title} is over another panel`)
        taken.add(`${x} ${y}`)
      }
    }
  }
  for (const { datasource } of targets) {
    // Nobody else has the data source of whoever made it.
    assert.deepEqual(datasource, { type: 'prometheus', uid: `$${'{datasource}'}` })
  }
  const variables = dashboard.templating.list.map(({ name }) => name)
  const known = [...variables, '__rate_interval']
  const used = [...queries, ...definitions].flatMap((each) => [...each.matchAll(/\$(\w+)/g)])
  for (const [, name] of used) assert.ok(known.includes(name as string), name)
})

test('every metric and label that its queries name is exported by a run with workers', async (t) => {
  const monitor = await freePort()
  const own = ['--workers', '2', '--monitor', `tcp:${monitor}:interface=127.0.0.1`]
  // So that there is garbage to collect, in the workers too.
  const inMakeService = 'setInterval(() => Array.from({ length: 1e5 }, () => ({})), 50).unref()'
  const { port } = await withWorkers(t, { inMakeService }, own)
  await fetchFrom(port)
  const exported = new Map<string, Set<string>>()
  const wanted = queries.map(partsOf)
  const missing = (): string[] =>
    wanted.flatMap(({ metrics, labels }) => [
      ...metrics.filter((name) => !exported.has(name)),
      ...labels.filter((label) => !metrics.some((name) => exported.get(name)?.has(label))),
    ])
  // Till all that there is has been counted once; what is missing then is told by name.
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    for (const [name, values] of valuesIn((await look(monitor, '/metrics')).text)) {
      const labels = exported.get(name) ?? new Set(['job', 'instance'])
      for (const each of values) for (const label of Object.keys(each.labels)) labels.add(label)
      exported.set(name, labels)
    }
    if (missing().length === 0) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.deepEqual(missing(), [])
  for (const definition of definitions) {
    const [, name = '', label = ''] = /^label_values\((\w+).*, (\w+)\)$/.exec(definition) ?? []
    assert.ok(exported.get(name)?.has(label), definition)
  }
})
