import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** Makes a directory that is removed after the test. */
export function tempDir(test: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'logging-'))
  test.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}
