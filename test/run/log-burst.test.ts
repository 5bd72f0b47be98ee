import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fixtures } from '../helpers/paths.ts'
import { daemon, foreground, gone } from '../helpers/runner.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const env = { RUNNER_PLUGIN_PATH: join(fixtures, 'chatter') }
const MEGABYTE = 1_000_000

/** The files of a log, oldest first, the log itself last. */
function filesOf(logfile: string): string[] {
  const names = readdirSync(join(logfile, '..')).filter((name) => /^runner\.log\.\d+$/.test(name))
  const numbers = names.map((name) => Number(name.split('.').pop())).sort((a, b) => a - b)
  return [...numbers.map((number) => `${logfile}.${number}`), logfile]
}

/** Counts the numbered lines up, each where it belongs; returns how many there are. */
function countUp(files: readonly string[]): number {
  let next = 0
  for (const file of files) {
    const text = readFileSync(file, 'latin1')
    assert.ok(text.endsWith('\n'), `${file} ends within a line`)
    for (const line of text.split('\n')) {
      const number = /^\S+ \[-\] line (\d+) of a poem that is sent to /.exec(line)?.[1]
      if (number === undefined) continue
      if (Number(number) !== next) assert.fail(`${number} where ${next} belongs, in ${file}`)
      next += 1
    }
  }
  return next
}

for (const [how, ending, lines, last] of [
  ['process.exit()', 'exit', 1_000_000, /Server Shut Down\.\n$/],
  [
    'SIGTERM',
    'terminate',
    100_000,
    /Received SIGTERM, shutting down\.\n(.*\n)*.*Server Shut Down\.\n$/,
  ],
  ['an uncaught exception', 'throw', 100_000, /Error: as asked\n\t(.*\n)*.*Server Shut Down\.\n$/],
] as const) {
  test(`${lines} lines in one turn, then ${how}: none is lost, and memory doesn't grow with them`, async (t) => {
    const cwd = tempDir(t)
    const report = join(cwd, 'report')
    const args = ['chatter', '--lines', String(lines), '--ending', ending, '--report', report]
    const { pid, logfile } = await daemon(t, args, { cwd, env })
    await gone(pid)
    const files = filesOf(logfile)
    assert.equal(countUp(files), lines)
    assert.ok(files.length > (lines * 100) / MEGABYTE - 2, `${files.length} files`)
    for (const file of files.slice(0, -1)) {
      const { size } = statSync(file)
      assert.ok(size >= MEGABYTE && size < MEGABYTE + 200, `${file} has ${size}`)
    }
    assert.match(readFileSync(logfile, 'utf8'), last)
    // Held by a stream until the turn ends, a million lines were 480 MB.
    const { growth } = JSON.parse(readFileSync(report, 'utf8'))
    t.diagnostic(`memory grew by ${Math.round(growth / MEGABYTE)} MB`)
    assert.ok(growth < 150 * MEGABYTE, `${growth} bytes`)
  })
}

test('two runs that log to one file at once: each has all its lines there, in order', async (t) => {
  const logfile = join(tempDir(t), 'runner.log')
  const lines = 30_000
  const own = ['--logfile', logfile, '--log-format', 'json', '--log-max-size', '200k']
  const args = [...own, 'chatter', '--lines', String(lines), '--ending', 'terminate']
  // In the foreground: a daemon may have ended before anybody has read its pid.
  const runs = [tempDir(t), tempDir(t)].map((cwd) => foreground(t, args, { cwd, env }))
  await Promise.all(runs.map(({ ended }) => ended))

  const next = new Map(runs.map(({ pid }) => [pid, 0]))
  for (const file of filesOf(logfile)) {
    for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
      const { pid, message } = JSON.parse(line) as { pid: number; message: string }
      const number = /^line (\d+) of a poem/.exec(message)?.[1]
      if (number === undefined) continue
      if (Number(number) !== next.get(pid)) assert.fail(`${line} is not line ${next.get(pid)}`)
      next.set(pid, Number(number) + 1)
    }
  }
  assert.deepEqual([...next.values()], [lines, lines])
  const sizes = filesOf(logfile).map((file) => statSync(file).size)
  assert.ok(sizes.length > 20)
  for (const size of sizes.slice(0, -1)) assert.ok(size >= 204_800 && size < 400_000, `${size}`)
})
