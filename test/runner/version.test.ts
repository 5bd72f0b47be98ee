import assert from 'node:assert/strict'
import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, runnerBin } from '../helpers/paths.ts'
import { runner } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('runner --version is the version of its package', async (t) => {
  const manifest = readFileSync(join(root, 'packages', 'runner', 'package.json'), 'utf8')
  const { stdout } = await runner(['--version'], { cwd: tempDir(t) })
  assert.equal(stdout, `runner ${JSON.parse(manifest).version}\n`)
})

test('the installed command is a link to a file of JavaScript that any node can run', () => {
  assert.ok(lstatSync(runnerBin).isSymbolicLink())
  assert.match(readFileSync(runnerBin, 'utf8'), /^#!\/usr\/bin\/env node\n/)
})
