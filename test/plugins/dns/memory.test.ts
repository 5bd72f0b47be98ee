import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ask, server, told, zoneFile } from './ask.ts'
import { address, upstream } from './upstream.ts'

const NAMES = 400

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What buffers take when there is no garbage: in so many turns, or as soon as it is little enough. */
async function held(turns: number, enough: number = 0): Promise<number> {
  let bytes = Number.POSITIVE_INFINITY
  // It is let go of some turns after it was collected.
  for (let turn = 0; turn < turns && bytes >= enough; turn += 1) {
    await setImmediate()
    collect()
    bytes = process.memoryUsage().arrayBuffers
  }
  return bytes
}

/** Asks for many names; between them Node's pool of small buffers is used for others. */
async function askMany(port: number): Promise<void> {
  for (let n = 0; n < NAMES; n += 1) {
    const { answers } = await ask(port, `n${n}.example.org`, 'A')
    assert.deepEqual(told(answers), [`n${n}.example.org A 192.0.2.1`])
    for (let taken = 0; taken < 2 * Buffer.poolSize; taken += 1000) Buffer.allocUnsafe(1000)
  }
}

/** As much as each may take is 1 KiB; a piece of the pool would keep 8, or 64. */
async function assertKeepsLittle(port: number): Promise<void> {
  const before = await held(5)
  await askMany(port)
  const kept = (await held(100, before + NAMES * 1024)) - before
  assert.ok(kept < NAMES * 1024, `${kept} bytes for ${NAMES} answers`)
}

test('an answer that dns remembers takes its own bytes, and not the pool that it came from', {
  timeout: 120_000,
}, async (t) => {
  const there = await upstream(t, (asked) => address(asked, '192.0.2.1', 300))
  const { port } = await server(t, '--forward', `127.0.0.1:${there.port}`)
  // What was asked is not to be counted.
  there.asked.push = () => 0
  await assertKeepsLittle(port)
})

test('so does an answer of a zone', { timeout: 120_000 }, async (t) => {
  const records = Array.from({ length: NAMES }, (_, n) => `n${n} A 192.0.2.1\n`).join('')
  const file = zoneFile(
    t,
    `$TTL 1h\n@ SOA ns h 7 1h 15m 1w 5m\n@ NS ns\nns A 192.0.2.1\n${records}`,
  )
  const { port } = await server(t, '--zone', file)
  await assertKeepsLittle(port)
})
