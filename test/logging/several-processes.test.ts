import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openLogFile } from '@runnerd/logging'
import { logFiles, readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

const program = fileURLToPath(new URL('./programs/log-with-others.js', import.meta.url))

interface Writer {
  readonly child: ChildProcess
  readonly ended: Promise<unknown[]>
}

/** Starts a process that waits to be told to write. */
async function writer(
  t: TestContext,
  path: string,
  name: string,
  count: number,
  maxSize: number,
  rhythm: string,
): Promise<Writer> {
  const args = [program, path, name, String(count), String(maxSize), rhythm]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'close')
  await once(child.stdout!, 'data')
  return { child, ended }
}

/** The numbers that one process has logged, in the order in which they are in the log. */
function numbersOf(lines: readonly string[], name: string): number[] {
  const ours = lines.filter((line) => line.startsWith(`${name} `))
  return ours.map((line) =>
    Number(/^\w+ (\d+) of a poem that is sent to whoever asks for it$/.exec(line)?.[1]),
  )
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

for (const [rhythm, maxSize, count] of [
  ['sync', 100_000, 25_000],
  ['yield', 20_000, 15_000],
  ['sync', 2000, 5000],
] as const) {
  test(`4 processes that log ${rhythm} to one file of ${maxSize} bytes tear, lose and double no line, whichever is killed`, async (t) => {
    const path = join(tempDir(t), 'runner.log')
    const names = ['a', 'b', 'c', 'killed']
    const writers = await Promise.all(
      names.map((name) => writer(t, path, name, name === 'killed' ? 0 : count, maxSize, rhythm)),
    )
    const killed = writers.pop()!
    for (const { child } of [killed, ...writers]) child.stdin!.write('x')
    // It is killed in the midst of it: when the first of the others is done.
    await Promise.race(writers.map(({ ended }) => ended))
    killed.child.kill('SIGKILL')
    for (const { ended } of writers) assert.deepEqual(await ended, [0, null])
    await killed.ended

    // What it was at is finished by who opens the log next.
    openLogFile(path, { maxSize }).close()
    const lines = readLog(path)
    for (const name of ['a', 'b', 'c']) {
      assert.ok(
        numbersOf(lines, name).join() === upTo(count).join(),
        `${name} has others than its ${count} lines in order`,
      )
    }
    const last = numbersOf(lines, 'killed')
    assert.ok(last.join() === upTo(last.length).join(), 'a line of the killed one is missing')
    const expected = 3 * count + last.length
    assert.equal(lines.length, expected, 'something else was said')
    const files = logFiles(path)
    for (const rotated of files.slice(0, -1)) {
      const { size } = statSync(rotated)
      // Beyond the size come what they write until they look, and while the killed one has the turn.
      assert.ok(size >= maxSize && size < maxSize + 100_000, `${rotated} has ${size}`)
    }
    assert.ok(files.length > 20, `${files.length} files`)
    const numbers = files.slice(0, -1).map((file) => Number(file.slice(path.length + 1)))
    assert.deepEqual(
      numbers,
      upTo(numbers.length).map((number) => number + 1),
    )
  })
}
