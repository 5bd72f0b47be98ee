import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../helpers/paths.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('runner --version is the version of its package', async (t) => {
  const manifest = readFileSync(join(root, 'packages', 'runner', 'package.json'), 'utf8')
  const { stdout } = await runner(['--version'], { cwd: tempDir(t) })
  assert.equal(stdout, `runner ${JSON.parse(manifest).version}\n`)
})
