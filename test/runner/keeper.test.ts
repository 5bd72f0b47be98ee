import assert from 'node:assert/strict'
import { existsSync, linkSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as keepers from '../../packages/runner/dist/keeper.d.ts'
import { root } from '../helpers/paths.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { keepersOf } from '../run/conformance/processes.ts'

const built = join(root, 'packages', 'runner', 'dist', 'keeper.js')
const { startKeeper } = (await import(pathToFileURL(built).href)) as typeof keepers

const skip = process.platform === 'linux' ? false : 'finds the keeper in /proc'

/** A log with a keeper, which ends with this process. */
function kept(t: TestContext): { keeper: keepers.Keeper; log: string } {
  const log = join(tempDir(t), 'runner.log')
  writeFileSync(log, 'first\n')
  const owner = `${process.getuid?.()}:${process.getgid?.()}`
  return { keeper: startKeeper({ pidfile: undefined, log, owner, inside: log }), log }
}

test('the keeper rotates the file that is meant, and no other', (t) => {
  const { keeper, log } = kept(t)
  const file = statSync(log)
  keeper.directory.rotate(log, `${log}.1`, 0o640, file)
  assert.equal(readFileSync(`${log}.1`, 'utf8'), 'first\n')
  assert.equal(statSync(log).size, 0)
  assert.equal(statSync(log).mode & 0o777, 0o640)
  writeFileSync(log, 'second\n')
  const again = (): void => keeper.directory.rotate(log, `${log}.2`, undefined, file)
  assert.throws(again, { code: 'ESTALE' })
  assert.equal(readFileSync(log, 'utf8'), 'second\n')
  assert.ok(!existsSync(`${log}.2`))
})

test('the keeper replaces nothing that has the next name', (t) => {
  const { keeper, log } = kept(t)
  writeFileSync(`${log}.1`, 'precious')
  const rotate = (): void => keeper.directory.rotate(log, `${log}.1`, undefined, statSync(log))
  assert.throws(rotate, { code: 'EEXIST' })
  assert.equal(readFileSync(`${log}.1`, 'utf8'), 'precious')
  assert.equal(readFileSync(log, 'utf8'), 'first\n')
})

test('the keeper does the rest of a rotation that was cut short', (t) => {
  const { keeper, log } = kept(t)
  linkSync(log, `${log}.1`)
  keeper.directory.rotate(log, `${log}.1`, undefined, statSync(log))
  assert.equal(readFileSync(`${log}.1`, 'utf8'), 'first\n')
  assert.equal(statSync(log).size, 0)
})

test('the keeper outlives signals that are sent to all processes there are', { skip }, (t) => {
  const { keeper, log } = kept(t)
  // It has begun when it answers.
  keeper.directory.rotate(log, `${log}.1`, undefined, statSync(log))
  const [pid] = keepersOf(log)
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGQUIT'] as const) {
    process.kill(Number(pid), signal)
  }
  keeper.directory.rotate(log, `${log}.2`, undefined, statSync(log))
  assert.ok(existsSync(`${log}.2`))
})
