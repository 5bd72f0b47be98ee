/**
 * The child process that reads dropins: their files come on standard input, a
 * report a line goes out on file descriptor 3. It ends by itself whatever the
 * dropins left running.
 */
import { readFileSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { renderHelp } from '@runnerd/options'
import { describeDropin, oneLine } from './describe-dropin.ts'
import { exportsOf, loadModule } from './load-module.ts'
import { type DropinReport, READY, type ReadRequest } from './read-dropins.ts'
import { limitTime } from './time-limit.ts'
import { ImportTracker } from './track-imports.ts'

const REPORT_FD = 3

/** Node's own status for a top-level await that never settles. */
const NEVER_COMES = 13

async function main(): Promise<void> {
  const { files, door, limit } = JSON.parse(readFileSync(0, 'utf8')) as ReadRequest
  const startTime = limitTime(limit, REPORT_FD)
  const imports = new ImportTracker()
  await loadOurs(door)
  imports.loadedOurs()
  writeAll(Buffer.from(`${READY}\n`))
  startTime()
  for (const file of files) {
    imports.begin()
    const found = await read(file, door)
    const report: DropinReport = { file, ...found, imports: imports.end(file) }
    writeAll(Buffer.from(`${JSON.stringify(report)}\n`))
  }
}

/** So that nothing of runner is taken for a dropin's own. */
async function loadOurs(door: string): Promise<void> {
  await renderHelp({ usage: '', spec: {} })
  try {
    await import(pathToFileURL(door).href)
  } catch {
    // Each dropin that needs it says so.
  }
}

async function read(file: string, door: string): Promise<Pick<DropinReport, 'plugins' | 'faults'>> {
  try {
    return await describeDropin(exportsOf(await loadModule(file, door)))
  } catch (error) {
    return { plugins: [], faults: [oneLine(error)] }
  }
}

function writeAll(bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(REPORT_FD, bytes, written)
}

// It is bundled as CommonJS, which has no top-level await to never settle. Only
// this end of it has a status of its own: a dropin may exit with any.
process.once('beforeExit', () => process.exit(NEVER_COMES))
void main().then(() => process.exit(0))
