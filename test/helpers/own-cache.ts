import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Has this process keep the TypeScript that it transforms in a directory of its own, and
 * not in that of whoever runs the tests. For files that load plugins in their own process.
 */
const dir = mkdtempSync(join(tmpdir(), 'runner-test-cache-'))
process.env.RUNNER_CACHE_DIR = dir
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
