import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const late: string[] = []

process.once('exit', () => {
  for (const dir of late) rmSync(dir, { recursive: true, force: true })
})

/** A directory of this test's own; it goes when the test is over. */
export function tempDir(t: TestContext): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'runner-test-')))
  t.after(() => remove(dir))
  return dir
}

/**
 * The hooks of a test run in the order they were set, so the one that ends a daemon comes
 * after this: what the daemon writes meanwhile must neither fail the test nor keep the
 * hooks that follow from running.
 */
function remove(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true })
  } catch {
    late.push(dir)
  }
}
