import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counted } from '@runnerd/options'

test('counted has the noun agree with the number', () => {
  const all = [0, 1, 2, 0.5].map((count) => counted(count, 'second'))
  assert.deepEqual(all, ['0 seconds', '1 second', '2 seconds', '0.5 seconds'])
})
