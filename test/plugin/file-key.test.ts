import assert from 'node:assert/strict'
import { chmodSync, renameSync, utimesSync } from 'node:fs'
import { test } from 'node:test'
import { pastTick, Tree } from './tree.ts'

type Key = readonly [number, number, number, number, number]
type Watch = readonly [string, Key | null]

// Not a public name: no test of the whole can set a ctime.
const module = new URL('../../../packages/plugin/dist/file-key.js', import.meta.url).href
const { fileKey, sameKey, settled, UNSETTLED } = (await import(module)) as {
  fileKey(path: string): Key | null
  sameKey(a: Key | null, b: Key | null): boolean
  settled(watches: readonly Watch[], lookedAt: number): Watch[]
  UNSETTLED: Key
}

const NOW = 1_795_437_000_500
const key = (ctimeMs: number, mtimeMs = 1): Key => [1, 2, 3, mtimeMs, ctimeMs]

test('sameKey tells keys apart by each of the five parts', () => {
  const one: Key = [1, 2, 3, 4, 5]
  assert.ok(sameKey(one, [1, 2, 3, 4, 5]))
  for (const at of [0, 1, 2, 3, 4]) {
    const other = one.map((part, index) => (index === at ? part + 0.5 : part)) as unknown as Key
    assert.ok(!sameKey(one, other), `part ${at}`)
  }
  assert.ok(sameKey(null, null))
  assert.ok(!sameKey(one, null))
  assert.ok(!sameKey(null, one))
  assert.ok(!sameKey(UNSETTLED, null), 'what has just changed is not what is missing')
})

test('fileKey changes with whatever is done to a file', async (t) => {
  const tree = new Tree(t)
  const path = tree.at('file')
  const old = new Date(0)
  const changes: (() => void)[] = [
    () => tree.write({ file: 'a' }),
    () => tree.write({ file: 'b' }),
    () => utimesSync(path, old, old),
    () => utimesSync(path, old, old),
    () => chmodSync(path, 0o600),
    () => {
      tree.write({ other: 'b' })
      renameSync(tree.at('other'), path)
    },
    () => renameSync(path, tree.at('gone')),
  ]
  for (const [at, change] of changes.entries()) {
    const before = fileKey(path)
    await pastTick()
    change()
    assert.ok(!sameKey(before, fileKey(path)), `change ${at}`)
  }
  assert.equal(fileKey(tree.at('file/below')), null)
})

test('settled keeps the key of a file that was left alone before it was looked at', () => {
  const watches: Watch[] = [
    ['a', key(NOW - 11)],
    ['b', null],
    ['c', key(NOW - 1e9, NOW + 1e9)],
  ]
  assert.deepEqual(settled(watches, NOW), watches)
})

test('settled keeps no key that one more change could leave the same', () => {
  const racy: Watch[] = [
    ['a', key(NOW - 9)],
    ['b', key(NOW)],
    ['c', key(NOW + 5000)],
  ]
  assert.deepEqual(settled(racy, NOW), [
    ['a', UNSETTLED],
    ['b', UNSETTLED],
    ['c', UNSETTLED],
  ])
})

test('settled waits longer where a file system keeps whole seconds', () => {
  const [whole, parts] = [key(NOW - 1500), key(NOW - 1499)]
  assert.deepEqual(
    settled(
      [
        ['a', whole],
        ['b', parts],
      ],
      NOW,
    ),
    [
      ['a', UNSETTLED],
      ['b', parts],
    ],
  )
})
