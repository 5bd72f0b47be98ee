import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as restarts from '../../packages/runner/dist/workers/restarts.d.ts'
import { root } from '../helpers/paths.ts'

const built = join(root, 'packages', 'runner', 'dist', 'workers', 'restarts.js')
const { MOST_RESTARTS, Restarts, WHILE } = (await import(
  pathToFileURL(built).href
)) as typeof restarts

test('each wait is twice as long as the one before, less up to half of it', () => {
  for (const [random, part] of [
    [0, 1],
    [0.999999, 0.5],
  ] as const) {
    const restarts = new Restarts(() => random)
    const waits = [1, 2, 3, 4].map(() => restarts.next(0) ?? Number.NaN)
    assert.deepEqual(
      waits.map((wait) => Math.round((wait / part) * 100) / 100),
      [0.1, 0.2, 0.4, 0.8],
    )
  }
})

test('it gives up after so many in a row', () => {
  const restarts = new Restarts()
  for (let i = 0; i < MOST_RESTARTS; i += 1) assert.notEqual(restarts.next(WHILE - 1), undefined)
  assert.equal(restarts.next(WHILE - 1), undefined)
  assert.equal(restarts.total, MOST_RESTARTS)
})

test('one that has served for a while begins a new row', () => {
  const restarts = new Restarts(() => 0)
  for (let i = 0; i < MOST_RESTARTS; i += 1) restarts.next(0)
  assert.equal(restarts.next(WHILE), 0.1)
  assert.equal(restarts.next(0), 0.2)
  assert.equal(restarts.total, MOST_RESTARTS + 2)
})
