import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../helpers/free-port.ts'
import { look, seen, valuesIn } from '../helpers/monitor.ts'
import { writePlugin } from '../helpers/reloadable.ts'
import { daemon, runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** What is made of it, by the `health()` of a service of that name. */
const HEALTH = {
  '() => { throw null }': 'it threw null',
  '() => { throw undefined }': 'it threw undefined',
  "() => { throw 'no\\nink' }": 'no ink',
  '() => { throw Object.create(null) }': 'it threw what cannot be shown',
  '() => { throw { get message() { throw 1 } } }': 'it threw what cannot be shown',
  "() => { throw new Error('') }": 'it threw Error',
  'async () => { throw Object.create(null) }': 'it threw what cannot be shown',
  '() => ({ then() { throw Object.create(null) } })': 'it threw what cannot be shown',
  '() => ({ ok: false, reason: Object.create(null) })': 'a reason that cannot be shown',
  '() => ({ ok: false, get reason() { throw Object.create(null) } })':
    'it threw what cannot be shown',
  "() => ({ ok: false, reason: '' })": 'no reason given',
  "() => ({ ok: false, reason: '\\x1b[2Jgone' })": '[2Jgone',
  "() => ({ ok: 'yes' })": 'it does not say whether it is well',
  '() => null': 'it does not say whether it is well',
  'async () => {}': 'it does not say whether it is well',
  '() => {}': 'it does not say whether it is well',
  "'well'": 'service.health is not a function',
}

test('whatever a service does for its health, it is a line of its own', async (t) => {
  const cwd = tempDir(t)
  const odd = Object.keys(HEALTH).map(
    (code, index) => `{
      const odd = new Service()
      odd.setName('odd ${index}')
      odd.health = ${code}
      odd.setServiceParent(top)
    }`,
  )
  const inMakeService = `${odd.join('\n')}
    const broken = new Service()
    broken.setName('two\\n[+]lines')
    broken.health = () => ({ ok: false, reason: 'broken' })
    broken.describe = () => ({ get listeners() { throw null } })
    top.describe = async () => { throw new Error('of nobody') }
    broken.setServiceParent(top)
    const mute = new Service()
    Object.defineProperty(mute, 'name', { value: Symbol('mute') })
    const connections = { open: 'some', total: NaN }
    mute.describe = () => ({ listeners: [{ kind: 'odd', address: 'here', connections }] })
    mute.setServiceParent(top)`
  writePlugin(cwd, { inMakeService })
  const monitor = await freePort()
  const { log } = await daemon(t, ['--monitor', `tcp:${monitor}:interface=127.0.0.1`, 'told'], {
    cwd,
  })
  const { code, text } = await look(monitor, '/readyz')
  assert.equal(code, 503)
  const lines = text.trimEnd().split('\n')
  const [names, well] = [Object.values(HEALTH), ['run', 'MultiService', 'First', 'TCPServer']]
  assert.equal(lines.length, well.length + names.length + 3, text)
  for (const [index, reason] of names.entries()) {
    const line = `[-]MultiService/odd ${index} failed: ${reason}`
    assert.ok(lines.includes(line), `${line}\n${text}`)
  }
  assert.ok(lines.includes('[-]MultiService/two [+]lines failed: broken'), text)
  const { status, stderr } = await runner(['health'], { cwd })
  assert.equal(status, 75)
  assert.match(stderr, /^runner: not ready: MultiService\/odd 0: it threw null; .*: broken\n$/)
  for (const path of ['/', '/metrics', '/overview']) {
    assert.equal((await look(monitor, path)).code, 200, path)
  }
  const { connections } = JSON.parse((await look(join(cwd, 'runner.sock'), '/status')).text)
  assert.deepEqual(connections, { open: 0, total: 0 })
  assert.doesNotMatch(log(), /Cannot answer/)
})

const METRICS = `
  const gauge = (name, value, labels) => ({ name, help: 'Told.', type: 'gauge', value, labels })
  const counter = (name, value) => ({ ...gauge(name, value), type: 'counter' })
  const tells = (name, metrics) => {
    const service = new Service()
    service.setName(name)
    service.metrics = metrics
    service.setServiceParent(top)
  }
  tells('good', () => [
    gauge('told_most', Infinity),
    { ...gauge('told_help', 1), help: 'two\\r\\nlines \\\\ "quoted"' },
    gauge('told_label', 1, { of: 'a\\\\b"c\\nd', more: '詩' }),
    gauge('told_order', 1, { a: 'x', b: 'y' }), gauge('told_order', 2, { b: 'y', a: 'x' }),
    gauge('told_comma', 1, { a: '1,b:2' }), gauge('told_comma', 2, { a: '1', b: '2' }),
    gauge('told_half', 1, { a: '\\ud800' }), gauge('told_half', 2, { a: '\\ud801' }),
    gauge('told_long', 1, { a: 'x'.repeat(199) + '\\u{1f600}' }),
    gauge('told_own_label', 1, { service: 'mine', 'a-b': 'c', __a: 'd', fine: 'e' }),
  ])
  tells('other', () => [gauge('told_most', 3)])
  tells('bad', () => [
    gauge('told_nan', NaN), gauge('told_big', 1n), gauge('told_none', undefined), gauge('told_text', '1'),
    counter('told_less_total', -1), counter('told_endless_total', Infinity), counter('told_most', 1),
    { ...gauge('told_helpless', 1), help: undefined }, { ...gauge('told_kind', 1), type: 'summary' },
    gauge('runner_ready', 0), gauge('process_x', 1), gauge('nodejs_x', 1),
    gauge('toString', 1), gauge('__proto__', 1), gauge('1st', 1), gauge('', 1), gauge(['told_list'], 1),
    null, { get name() { throw Object.create(null) } }, gauge(Object.create(null), 1),
    gauge('told_labels', 1, { a: Object.create(null) }),
    gauge('told_last', 1),
  ])
  tells('broken', function * () { yield gauge('told_before', 1); throw Object.create(null) })
  tells('promised', async () => { throw new Error('of nobody') })
  tells('endless', function * () { for (let n = 0; ; n += 1) yield gauge('told_endless', 1, { n }) })`

test('metrics of any sort are what Prometheus reads, or a line in the log once', async (t) => {
  for (const own of [[], ['--workers', '1']]) {
    const cwd = tempDir(t)
    writePlugin(cwd, { inMakeService: METRICS })
    const monitor = await freePort()
    const at = `tcp:${monitor}:interface=127.0.0.1`
    const { log, stop } = await daemon(t, [...own, '--monitor', at, 'told'], { cwd })
    await seen(monitor, '/metrics', ({ text }) => text.includes('told_last'))
    const values = valuesIn((await look(monitor, '/metrics')).text)
    const told = (name: string): [string, number][] =>
      (values.get(name) ?? []).map(({ labels: { service, worker, ...more }, value }) => {
        assert.equal(worker, own.length === 0 ? undefined : '1')
        return [[service?.split('/')[1], ...Object.values(more)].join(' '), value]
      })
    const names = [...values.keys()].filter((name) => name.startsWith('told_'))
    const good = 'most help label order comma half long own_label last endless'
    assert.deepEqual(
      names,
      good.split(' ').map((name) => `told_${name}`),
    )
    assert.deepEqual(told('told_most'), [
      ['good', Number.POSITIVE_INFINITY],
      ['other', 3],
    ])
    assert.deepEqual(told('told_label'), [['good a\\\\b\\"c\\nd 詩', 1]])
    assert.deepEqual(told('told_order'), [['good x y', 3]])
    assert.deepEqual(told('told_comma'), [
      ['good 1,b:2', 1],
      ['good 1 2', 2],
    ])
    assert.deepEqual(told('told_half'), [['good \ufffd', 3]])
    assert.deepEqual(told('told_long'), [[`good ${'x'.repeat(199)}\ufffd`, 1]])
    assert.deepEqual(told('told_own_label'), [['good e', 1]])
    assert.equal(told('told_endless').length, 1000)
    assert.equal(values.get('runner_ready')?.[0]?.value, 1)
    const left = log().match(/Metrics of .*/g) ?? []
    // All but the last of the bad ones, three labels, and one line of each of the other three.
    assert.equal(left.length, 21 + 3 + 3, left.join('\n'))
    await stop()
  }
})
