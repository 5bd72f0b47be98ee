import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { numbers } from './numbered-lines.ts'
import { logFiles, readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

const program = fileURLToPath(new URL('./programs/log-lines.js', import.meta.url))
const COUNT = 200_000

type Signal = 'SIGTERM' | 'SIGKILL'

async function run(
  path: string,
  rhythm: string,
  ending: string,
  signal?: Signal,
): Promise<unknown> {
  const child = spawn(process.execPath, [program, path, String(COUNT), rhythm, ending], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'close')
  const [said] = await once(child.stdout, 'data')
  assert.equal(String(said), 'done\n')
  if (signal !== undefined) child.kill(signal)
  const [code, killedBy] = await ended
  return killedBy ?? code
}

const ways = [
  ['process.exit()', 'exit', undefined, 0],
  ['an uncaught exception', 'throw', undefined, 1],
  ['SIGTERM, unhandled', 'wait', 'SIGTERM', 'SIGTERM'],
  ['SIGKILL', 'wait', 'SIGKILL', 'SIGKILL'],
] as const

for (const rhythm of ['sync', 'yield']) {
  for (const [name, ending, signal, status] of ways) {
    const turns = rhythm === 'sync' ? 'in one turn' : 'in many turns'
    test(`openLogFile loses, doubles and reorders no line logged ${turns} before ${name}`, async (t) => {
      const path = join(tempDir(t), 'runner.log')

      assert.equal(await run(path, rhythm, ending, signal), status)

      // Compared as one string: a diff of 200,000 lines would take minutes.
      assert.ok(readLog(path).join('\n') === numbers(COUNT).join('\n'), 'lines differ')
      const files = logFiles(path)
      assert.ok(files.length > 15, `only ${files.length} files`)
      for (const file of files.slice(0, -1)) assert.ok(statSync(file).size >= 1_000_000, file)
      for (const file of files) assert.ok(statSync(file).size < 1_000_200, file)
    })
  }
}
