/**
 * The child process that reads dropins: their files come on standard input, a
 * report a line goes out on file descriptor 3. It ends by itself whatever the
 * dropins left running.
 */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { renderHelp } from '@runnerd/options'
import { type DropinDescription, describeDropin, oneLine } from './describe-dropin.ts'
import { exportsOf, loadModule } from './load-module.ts'
import { PristineProcess } from './pristine-process.ts'
import type { DropinReport } from './read-dropins.ts'
import { limitReader } from './reader-limits.ts'
import { REPORT_FD, writeMessage } from './report-channel.ts'
import type { ReaderInput } from './run-reader.ts'
import { ImportTracker } from './track-imports.ts'

/** Node's own status for a top-level await that never settles. */
const NEVER_COMES = 13

async function main(): Promise<void> {
  const { files, door, limit, token } = JSON.parse(readFileSync(0, 'utf8')) as ReaderInput
  const startTime = limitReader(limit, REPORT_FD, token)
  const imports = new ImportTracker()
  await loadOurs(door)
  imports.loadedOurs()
  const pristine = new PristineProcess()
  const before = leftovers()
  writeMessage(token, { is: 'ready', amount: startTime() })
  for (const file of files) {
    startTime()
    imports.begin()
    const found = await read(file, door)
    const leaves = leftovers() > before
    const report: DropinReport = { ...found, ...imports.end(file), leaves }
    writeMessage(token, { is: 'read', file, report })
    // The others are read in another process.
    if (pristine.isSpoiled()) return
    pristine.restore()
  }
}

/** How many things there are that can act later, in what is read then. */
function leftovers(): number {
  return process.getActiveResourcesInfo().length + process.listenerCount('exit')
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

async function read(file: string, door: string): Promise<DropinDescription> {
  try {
    return await describeDropin(exportsOf(await loadModule(file, door)))
  } catch (error) {
    return { plugins: [], faults: [oneLine(error)] }
  }
}

// It is bundled as CommonJS, which has no top-level await to never settle. Only
// this end of it has a status of its own: a dropin may exit with any.
process.once('beforeExit', () => process.exit(NEVER_COMES))
void main().then(() => process.exit(0))
