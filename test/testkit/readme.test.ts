import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../helpers/paths.ts'
import { blocksOf } from '../helpers/read-page.ts'
import { cleanEnv } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

test('what the README of the testkit shows passes with the plugin that the README shows', (t) => {
  const cwd = tempDir(t)
  for (const dir of ['dist', 'test', 'node_modules/@runnerd']) {
    mkdirSync(join(cwd, dir), { recursive: true })
  }
  symlinkSync(join(root, 'packages', 'runner'), join(cwd, 'node_modules', 'runnerd'))
  symlinkSync(join(root, 'packages', 'testkit'), join(cwd, 'node_modules', '@runnerd', 'testkit'))
  writeFileSync(join(cwd, 'package.json'), '{"type":"module"}')
  writeFileSync(join(cwd, 'dist', 'plugin.js'), block('README.md', 'js', 'defineServiceMaker'))
  const shown = block('packages/testkit/README.md', 'ts', 'checkPlugin')
  writeFileSync(join(cwd, 'test', 'hello.test.js'), shown)
  writeFileSync(
    join(cwd, 'test', 'clock.test.js'),
    block('packages/testkit/README.md', 'ts', 'new Clock'),
  )
  const files = ['test/hello.test.js', 'test/clock.test.js']
  const args = ['--test', '--test-reporter=spec', ...files]
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd,
    env: cleanEnv(cwd),
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
  assert.match(stdout, /pass 3\b/)
})

/** The first block of a page that is in a language and has a word in it. */
function block(page: string, language: string, word: string): string {
  const found = blocksOf(join(root, page)).find(
    (each) => each.language === language && each.text.includes(word),
  )
  assert.ok(found, page)
  return found.text
}
