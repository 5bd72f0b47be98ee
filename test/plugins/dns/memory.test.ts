import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heldByBuffers } from '../../helpers/held-by-buffers.ts'
import { ask, server, told, zoneFile } from './ask.ts'
import { address, upstream } from './upstream.ts'

const NAMES = 400

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
  const before = await heldByBuffers(5)
  await askMany(port)
  const kept = (await heldByBuffers(100, before + NAMES * 1024)) - before
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
