import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findPlugin } from '@runnerd/plugin'
import { canary, dropin, Tree, tapnames } from './tree.ts'

const PACK = 'project/node_modules/pack'

/** A package.json that needs a range of runnerd. */
function needing(needs: unknown, name = 'pack'): object {
  const peerDependencies = needs === undefined ? undefined : { runnerd: needs }
  return { name, version: '3.2.1', type: 'module', runner: {}, peerDependencies }
}

const ranges: [version: string, needs: string | undefined, fits: boolean][] = [
  ['0.1.0', '^0.1.0', true],
  ['0.1.0', '^0.2.0', false],
  ['0.1.0', '^1.0.0', false],
  ['1.4.2', '^1.0.0', true],
  ['1.4.2', '^1.5.0', false],
  ['1.4.2', '1', true],
  ['1.4.2', '2.x', false],
  ['1.4.2', '>=1 <3', true],
  ['1.4.2', '^0.1.0 || ^1.0.0', true],
  ['1.4.2', '>=2', false],
  ['2.0.0-beta.1', '^2.0.0-beta.0', true],
  ['2.0.0-beta.1', '>=1', true],
  ['2.0.0-beta.1', '^1.0.0', false],
  ['1.4.2', '*', true],
  ['1.4.2', '', true],
  ['1.4.2', undefined, true],
  ['1.4.2', 'workspace:^', true],
  ['1.4.2', 'workspace:*', true],
  ['1.4.2', 'workspace:^1.0.0', true],
  ['1.4.2', 'workspace:^9', false],
  ['1.4.2', 'npm:runnerd@^1.0.0', true],
  ['1.4.2', 'npm:@you/runnerd@^9', false],
  ['1.4.2', 'garbage!!', true],
  ['1.4.2', 'file:../runnerd', true],
  ['1.4.2', 'latest', true],
]

for (const [version, needs, fits] of ranges) {
  test(`a package that needs runnerd ${needs} ${fits ? 'is' : "isn't"} used by ${version}`, async (t) => {
    const tree = new Tree(t)
    tree.write({ [`${PACK}/package.json`]: needing(needs) })
    tree.write({ [`${PACK}/plugins/p.js`]: canary(tree, 'p') })
    for (const found of [await tree.find({ version }), await tree.warm({ version })]) {
      assert.deepEqual(tapnames(found), fits ? ['p'] : [])
      assert.deepEqual(found.faults, [])
      assert.deepEqual(
        found.incompatible.map(({ file, reason, package: of }) => [file, reason, of.version]),
        fits
          ? []
          : [
              [
                tree.at(`${PACK}/plugins/p.js`),
                `it needs runnerd ${needs}, this is runnerd ${version}`,
                '3.2.1',
              ],
            ],
      )
    }
    assert.equal(readFileSync(tree.canaries, 'utf8') !== '', fits, 'imported only if it fits')
  })
}

test('a package that is upgraded to what fits is used at once', async (t) => {
  const tree = new Tree(t)
  tree.write({ [`${PACK}/package.json`]: needing('^9') })
  tree.write({ [`${PACK}/plugins/p.js`]: dropin('p') })
  await tree.warm()
  tree.write({ [`${PACK}/package.json`]: needing('^0.1.0') })
  assert.deepEqual(tapnames(await tree.find()), ['p'])
  tree.write({ [`${PACK}/package.json`]: needing('^9') })
  assert.deepEqual(tapnames(await tree.find()), [])
})

test('a plugin that fits is not shadowed by one that does not', async (t) => {
  const tree = new Tree(t)
  tree.write({ [`${PACK}/package.json`]: needing('^9') })
  tree.write({ [`${PACK}/plugins/p.js`]: dropin('p', 'Newer.') })
  tree.write({ 'project/node_modules/q/package.json': needing('^0.1.0', 'q') })
  tree.write({ 'project/node_modules/q/plugins/p.js': dropin('p', 'Fits.') })
  const found = await tree.find()
  assert.equal(findPlugin(found, 'p')?.description, 'Fits.')
  assert.equal(findPlugin(found, 'pack:p'), undefined)
})

test('a need that is no text is none', async (t) => {
  for (const needs of [5, null, { a: 1 }]) {
    const tree = new Tree(t)
    tree.write({ [`${PACK}/package.json`]: needing(needs) })
    tree.write({ [`${PACK}/plugins/p.js`]: dropin('p') })
    assert.deepEqual(tapnames(await tree.find()), ['p'])
  }
})
