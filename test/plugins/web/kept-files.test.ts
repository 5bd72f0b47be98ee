import assert from 'node:assert/strict'
import { statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { tempDir } from '../../helpers/temp-dir.ts'
import { openedFiles } from './opened-files.ts'
import { serve } from './serve.ts'

/** Has it be so many ms after a file was changed. */
function setAge(t: TestContext, file: string, age: number): void {
  const { mtimeMs, ctimeMs } = statSync(file)
  t.mock.timers.reset()
  t.mock.timers.enable({ apis: ['Date'], now: Math.ceil(Math.max(mtimeMs, ctimeMs)) + age })
}

test('a file is kept when it has not been changed for two seconds, and not before', async (t) => {
  const root = tempDir(t)
  const file = join(root, 'a.txt')
  const site = await serve(t, '--path', root)
  const timesOpened = async (): Promise<number> => {
    openedFiles.length = 0
    for (let n = 0; n < 5; n += 1) assert.equal((await site.get('/a.txt')).text, 'one')
    return openedFiles.filter((path) => path === file).length
  }
  writeFileSync(file, 'one')
  // What was written may be of long ago: the system's own date tells, too.
  utimesSync(file, 1e9, 1e9)
  for (const [age, times] of [
    [0, 5],
    [1990, 5],
    [2010, 1],
  ] as const) {
    setAge(t, file, age)
    assert.equal(await timesOpened(), times, `${age} ms`)
  }
})

test('a kept file that was changed is read anew, though its size and date are the same', async (t) => {
  const root = tempDir(t)
  const file = join(root, 'a.txt')
  const site = await serve(t, '--path', root)
  writeFileSync(file, 'one')
  utimesSync(file, 1e9, 1e9)
  setAge(t, file, 3000)
  assert.equal((await site.get('/a.txt')).text, 'one')
  const before = statSync(file)
  // Where the clock of the files is a coarse one, until it has moved on.
  do {
    writeFileSync(file, 'two')
    utimesSync(file, 1e9, 1e9)
  } while (statSync(file).ctimeMs === before.ctimeMs)
  const { ino, size, mtimeMs } = statSync(file)
  assert.deepEqual([ino, size, mtimeMs], [before.ino, before.size, before.mtimeMs])
  assert.equal((await site.get('/a.txt')).text, 'two')
})
