import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort, lowPort } from '../helpers/free-port.ts'
import { kill } from '../helpers/kill.ts'
import { look, seen, type Value, valuesIn } from '../helpers/monitor.ts'
import { noOtherUser } from '../helpers/other-user.ts'
import { reload, writePlugin } from '../helpers/reloadable.ts'
import { daemon, runner } from '../helpers/runner.ts'
import { fetchFrom, marked, withWorkers } from '../helpers/workers.ts'

const SICK = {
  imports: "import { existsSync } from 'node:fs'",
  inMakeService: `
    const sick = new Service()
    sick.setName('sick')
    sick.health = () => ({ ok: !existsSync('sick-' + process.pid) && !existsSync('sick'), reason: 'no ink' })
    sick.metrics = () => [{ name: 'told_ink', help: 'Ink.', type: 'gauge', value: 1 }]
    sick.setServiceParent(top)`,
}

/** Two workers, and a monitor. */
async function watched(
  t: Parameters<typeof withWorkers>[0],
  ...own: string[]
): Promise<Awaited<ReturnType<typeof withWorkers>> & { readonly monitor: number }> {
  const monitor = await freePort()
  const words = ['--workers', '2', '--monitor', `tcp:${monitor}:interface=127.0.0.1`, ...own]
  return { ...(await withWorkers(t, SICK, words)), monitor }
}

function ofWorkers(values: readonly Value[] | undefined): (string | undefined)[] {
  return (values ?? []).map(({ labels }) => labels.worker)
}

test('the parent answers for its workers: each is a label, and none is summed', async (t) => {
  const { monitor, port, workers, log } = await watched(t)
  for (let asked = 0; asked < 6; asked += 1) await fetchFrom(port)
  const { text } = await seen(monitor, '/metrics', ({ text }) => text.includes('worker="2"'))
  const values = valuesIn(text)
  const connections = values.get('runner_connections_total') ?? []
  assert.deepEqual(ofWorkers(connections), ['1', '2'])
  assert.equal(
    connections.reduce((sum, { value }) => sum + value, 0),
    6,
  )
  assert.deepEqual(ofWorkers(values.get('process_cpu_seconds_total')), [undefined, '1', '2'])
  assert.deepEqual(ofWorkers(values.get('told_ink')), ['1', '2'])
  assert.deepEqual(ofWorkers(values.get('runner_generation')), [undefined])
  // Each name has its head once, however many processes have it.
  const heads = text.match(/^# HELP (\S+)/gm) ?? []
  assert.equal(new Set(heads).size, heads.length)
  const overview = JSON.parse((await look(monitor, '/overview')).text)
  assert.equal(overview.workers.length, 2)
  const lines = overview.log.map(({ text }: { text: string }) => text)
  assert.ok(lines.some((line: string) => line.endsWith('serves.')))
  assert.ok(
    lines.some((line: string) => line.startsWith('serve starting on')),
    log(),
  )
  const [, second] = await workers()
  kill(second, 'SIGKILL')
  await seen(monitor, '/metrics', ({ text }) => /restarts_total\{worker="2"\} 1\n/.test(text))
  assert.equal((await look(monitor, '/readyz')).code, 200)
})

test('one worker that is ready is enough, and what ails the others is told', async (t) => {
  const { monitor, workers, cwd } = await watched(t)
  const [first] = await workers()
  assert.match((await look(monitor, '/readyz?verbose')).text, /^\[\+\]workers ok: 2 of 2 ready$/m)
  writeFileSync(join(cwd, `sick-${first}`), '')
  const one = await look(monitor, '/readyz?verbose')
  assert.equal(one.code, 200)
  assert.match(one.text, /workers ok: 1 of 2 ready, worker 1: MultiService\/sick: no ink$/m)
  kill(first, 'SIGSTOP')
  const halted = await look(monitor, '/readyz?verbose')
  assert.match(halted.text, /workers ok: 1 of 2 ready, worker 1: no answer$/m)
  kill(first, 'SIGCONT')
  writeFileSync(join(cwd, 'sick'), '')
  const none = await look(monitor, '/readyz')
  assert.equal(none.code, 503)
  assert.match(none.text, /workers failed: 0 of 2 ready, worker 1: .*, worker 2: .*no ink$/m)
})

test('--drain-delay: all of them serve on, though each gets the signal, and end with the first', async (t) => {
  const { monitor, port, workers, pid, logged, stop } = await watched(t, '--drain-delay', '600')
  // As a service manager does.
  for (const each of [pid, ...(await workers())]) kill(each, 'SIGTERM')
  await seen(monitor, '/readyz', ({ code }) => code === 503)
  await logged(/\[worker 2\] Received SIGTERM, shutting down in 600 seconds\./)
  for (let asked = 0; asked < 4; asked += 1) assert.match(await fetchFrom(port), /^hello/)
  await stop()
  await logged(/\[worker 1\] Server Shut Down\.[\s\S]*\[-\] Server Shut Down\./)
})

test('as root: it is bound with privileges and shed with the rest, and reloads go on', async (t) => {
  if (noOtherUser) return t.skip(noOtherUser)
  const { cwd, env } = marked(t)
  chmodSync(cwd, 0o755)
  writePlugin(cwd)
  const monitor = await lowPort()
  const own = ['--uid', 'nobody', '--monitor', `tcp:${monitor}:interface=127.0.0.1`]
  const { log } = await daemon(t, [...own, 'told'], { cwd, env })
  assert.equal((await look(monitor, '/readyz')).code, 200)
  assert.match(log(), /set uid\/gid/)
  assert.equal((await reload(cwd)).generation, 2)
  await seen(monitor, '/metrics', ({ text }) => text.includes('\nrunner_generation 2\n'))
  assert.equal((await runner(['stop'], { cwd, env })).status, 0)
})
