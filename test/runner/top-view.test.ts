import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { RunStatus } from '../../packages/runner/dist/control/run-status.d.ts'
import type * as cells from '../../packages/runner/dist/top/cell.d.ts'
import type * as daemonRows from '../../packages/runner/dist/top/daemon-row.d.ts'
import type * as views from '../../packages/runner/dist/top/view.d.ts'
import { root } from '../helpers/paths.ts'

const dist = join(root, 'packages', 'runner', 'dist', 'top')
const load = async <T>(name: string): Promise<T> =>
  (await import(pathToFileURL(join(dist, name)).href)) as T
const { fitted, widthOf } = await load<typeof cells>('cell.js')
const { rowOf } = await load<typeof daemonRows>('daemon-row.js')
const { view } = await load<typeof views>('view.js')

const now = new Date('2026-11-26T05:00:00Z')

interface Told {
  readonly pid?: number
  readonly cpu?: number
  readonly total?: number
  readonly rss?: number
  readonly workers?: RunStatus['workers']
}

function told({ pid = 7, cpu = 1, total = 0, rss = 5e7, workers }: Told): RunStatus {
  return {
    name: 'poems',
    state: 'running',
    startedAt: '2026-11-26T04:59:00Z',
    pid,
    generation: 2,
    cpu: { seconds: cpu },
    memory: { rss, heapUsed: 1, heapTotal: 2 },
    loopLag: { last: 1.5, mean: 1, max: 9, seconds: 60 },
    connections: { open: 3, total },
    ...(workers === undefined ? {} : { workers }),
  } as RunStatus
}

function worker(pid: number, cpu: number | null, total = 0): NonNullable<RunStatus['workers']>[0] {
  const busy = cpu === null
  return {
    number: 1,
    state: 'running',
    since: '2026-11-26T04:59:00Z',
    pid,
    generation: 2,
    restarts: 2,
    memory: busy ? null : { rss: 1e6, heapUsed: 1, heapTotal: 2 },
    cpu: busy ? null : { seconds: cpu },
    loopLag: busy ? null : { last: 20, mean: 1, max: 30, seconds: 60 },
    connections: busy ? null : { open: 0, total },
  }
}

function rowAfter(before: Told, last: Told): ReturnType<typeof rowOf> {
  return rowOf({
    pidfile: '/srv/runner.pid',
    pid: 7,
    before: { status: told(before), at: 1000 },
    last: { status: told(last), at: 3000 },
  })
}

test('a row tells of two seconds what the process did in them', () => {
  const row = rowAfter({ cpu: 1, total: 10 }, { cpu: 1.5, total: 15 })
  assert.deepEqual([row.cpu, row.connections, row.memory, row.lag], [25, 2.5, 5e7, 1.5])
  assert.equal(row.workers, undefined)
})

test('workers are summed, one that was replaced or does not answer is left out of the rates', () => {
  const row = rowAfter(
    { cpu: 1, workers: [worker(11, 4, 100), worker(12, 9, 900), worker(13, null)] },
    { cpu: 1.1, workers: [worker(11, 4.9, 104), worker(22, 0.1, 1), worker(13, null)] },
  )
  assert.equal(Math.round(row.cpu ?? 0), 50)
  assert.deepEqual([row.connections, row.memory, row.lag], [2, 52e6, 20])
  assert.deepEqual(row.workers, { running: 3, all: 3, restarts: 6 })
})

test('after a reload there are no rates until the new process was looked at twice', () => {
  const row = rowAfter({ pid: 7, cpu: 90 }, { pid: 8, cpu: 1 })
  assert.deepEqual([row.cpu, row.connections, row.pid], [undefined, undefined, 8])
})

test('what answers as no daemon would is a row of its own kind, and harms no other', () => {
  const status = { name: { toString: 1 } } as unknown as RunStatus
  for (const odd of [{}, { name: 'x', connections: 5 }, { name: null, pid: '\u001b[2J' }, status]) {
    const last = { status: odd as RunStatus, at: 1 }
    const row = rowOf({ pidfile: '/srv/runner.pid', pid: 7, last })
    assert.deepEqual([row.state, row.pid], ['unreadable', 7])
  }
})

test('a text is cut by the columns that it takes on a terminal', () => {
  assert.deepEqual(
    ['poem', '詩の', 'é', 'e\u0301', '👩‍👩‍👧', '한'].map(widthOf),
    [4, 4, 1, 1, 2, 2],
  )
  assert.equal(fitted('詩の朗読', 8), '詩の朗読')
  assert.equal(fitted('詩の朗読', 7), '詩の朗…')
  assert.equal(fitted('詩の朗読', 6), '詩の…')
  assert.equal(fitted('ae\u0301iou', 4), 'ae\u0301i…')
  assert.equal(fitted('poem', 0), '')
  assert.equal(fitted('a\u001b[31m\nb\u009b\u202ec', 20), 'a[31m bc')
})

test('no line is wider than the terminal, nor are there more than it has', () => {
  const names = [
    'poems',
    '詩の朗読を続けるサービス',
    `x\u001b[2J${'y'.repeat(300)}`,
    'e\u0301'.repeat(50),
  ]
  const rows = names.map((name) => ({ ...rowAfter({}, {}), name }))
  for (const columns of [1, 2, 10, 40, 80, 200, 1000]) {
    for (const lines of [1, 2, 3, 4, 5, 6, 7, 8, 30]) {
      const drawn = view({ rows, order: 'c', now, seconds: 2, columns, lines })
      assert.equal(drawn.length, lines)
      for (const line of drawn) assert.ok(widthOf(line) <= columns, line)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
      assert.doesNotMatch(drawn.join(''), /[\u0000-\u001f\u007f-\u009f]/)
    }
  }
  const few = view({ rows, order: 'c', now, seconds: 2, columns: 120, lines: 7 })
  assert.match(few.join('\n'), /\n… and 2 more\n\nq quit {3}sort by: c CPU {2}m memory/)
})

test('columns stay below each other whatever the names are', () => {
  const rows = ['poems', '詩の朗読', 'e\u0301', '👩‍👩‍👧'].map((name) => ({
    ...rowAfter({}, {}),
    name,
  }))
  const [, heads = '', ...drawn] = view({
    rows,
    order: 'n',
    now,
    seconds: 2,
    columns: 130,
    lines: 8,
  })
  assert.match(
    heads,
    /^NAME +PID +STATE +UP +OPEN +CONN\/S +CPU% +MEMORY +LAG +GEN +WORKERS +RESTARTS +PID FILE$/,
  )
  const at = (line: string): number => widthOf(line.slice(0, line.indexOf('running')))
  assert.deepEqual(new Set(drawn.slice(0, 4).map(at)), new Set([heads.indexOf('STATE')]))
})

test('rows are sorted by what is asked for, those last of whom it is not known', () => {
  const row = (name: string, cpu?: number, memory?: number): ReturnType<typeof rowOf> => {
    const { cpu: _, memory: __, ...rest } = rowAfter({}, {})
    return {
      ...rest,
      name,
      ...(cpu === undefined ? {} : { cpu }),
      ...(memory === undefined ? {} : { memory }),
    }
  }
  const rows = [row('c', 1, 30), row('a', 5, 10), row('hung'), row('b', 1, 20), row('idle', 0, 5)]
  const names = (order: 'c' | 'm' | 'n'): string[] =>
    view({ rows, order, now, seconds: 2, columns: 120, lines: 9 })
      .slice(2, 7)
      .map((line) => line.split(' ')[0] ?? '')
  assert.deepEqual(names('c'), ['a', 'b', 'c', 'idle', 'hung'])
  assert.deepEqual(names('m'), ['c', 'b', 'a', 'idle', 'hung'])
  assert.deepEqual(names('n'), ['a', 'b', 'c', 'hung', 'idle'])
})
