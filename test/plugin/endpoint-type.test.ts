import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverPrefixes } from '@runnerd/internet/endpoints'
import { BUILT_IN_ENDPOINT_TYPES } from '@runnerd/plugin'

test('no dropin can take the prefix of an endpoint type that runner has', () => {
  for (const prefix of serverPrefixes) assert.ok(BUILT_IN_ENDPOINT_TYPES.has(prefix), prefix)
})
