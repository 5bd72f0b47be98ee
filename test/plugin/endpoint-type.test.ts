import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ourPrefixes } from '@runnerd/internet/endpoints'
import { BUILT_IN_ENDPOINT_TYPES } from '@runnerd/plugin'

test('no dropin can take the prefix of an endpoint type that runner has', () => {
  for (const prefix of [...ourPrefixes('server'), ...ourPrefixes('client')])
    assert.ok(BUILT_IN_ENDPOINT_TYPES.has(prefix), prefix)
})
