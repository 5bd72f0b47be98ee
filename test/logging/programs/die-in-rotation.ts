/**
 * Usage: die-in-rotation PATH STEP: logs a line and rotates, but kills itself before the
 * call to the file system that has the number STEP since the rotation began.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { openLogFile } from '@runnerd/logging'
import { write } from '../numbered-lines.ts'

const [path, step] = process.argv.slice(2)
const file = openLogFile(path!)
write(file, `died at ${step}`)

let calls = 0
const functions = fs as unknown as Record<string, unknown>
for (const [name, real] of Object.entries(functions)) {
  if (!name.endsWith('Sync') || typeof real !== 'function') continue
  functions[name] = (...args: unknown[]): unknown => {
    if (calls === Number(step)) process.kill(process.pid, 'SIGKILL')
    calls += 1
    return real(...args)
  }
}
syncBuiltinESMExports()
file.rotate()
