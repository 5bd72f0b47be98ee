import { changes } from './discovery-changes.mjs'
import { cold } from './discovery-cold.mjs'
import { lists } from './discovery-lists.mjs'

const PARTS = [
  ['discovery list help', lists],
  ['discovery change', changes],
  ['discovery cold', cold],
]

/** What finding plugins costs: from the cache, after a change, with no cache. */
export async function discovery({ only, ...how }) {
  const rows = []
  for (const [words, measure] of PARTS) {
    if (only === undefined || words.includes(only)) rows.push(...(await measure(how)))
  }
  return rows
}
