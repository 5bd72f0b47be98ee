import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openLogFile } from '@runnerd/logging'
import { noOtherUser } from '../helpers/other-user.ts'
import { numbers, write, writeNumbers } from './numbered-lines.ts'
import { logFiles, readLog } from './read-log.ts'
import { tempDir } from './temp-dir.ts'

/** Mounts a disk of 64 KiB, or says why it cannot. */
function smallDisk(t: TestContext): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'logging-disk-'))
  t.after(() => {
    spawnSync('umount', ['-l', path])
    rmdirSync(path)
  })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    t.skip('a small disk can be mounted by root only')
    return undefined
  }
  return path
}

function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, 'x'.repeat(512), { flag: 'a' })
  } catch {
    // Full.
  }
}

const isNumbered = (line: string): boolean => numbers(2000).includes(line)

for (const rotations of [0, 2]) {
  const when = rotations === 0 ? 'before' : 'after'
  test(`LogFile survives a full disk ${when} the first rotation, and says what it lost`, async (t) => {
    const disk = smallDisk(t)
    if (disk === undefined) return
    const path = join(disk, 'runner.log')
    const file = openLogFile(path, { maxSize: 8000 })
    const start = rotations * 100
    writeNumbers(file, 0, start)
    await setImmediate()
    fill(join(disk, 'ballast'))
    writeNumbers(file, start, 1000)
    await setImmediate()
    unlinkSync(join(disk, 'ballast'))
    writeNumbers(file, 1000, 1200)
    file.close()

    const lines = readLog(path)
    const lost = lines.map((line) => /^(\d+) log lines? w(?:as|ere) lost: (.*)$/.exec(line))
    const losses = lost.filter((match) => match !== null)
    assert.equal(losses.length, 1)
    assert.equal(losses[0]![2], 'no space left on device')
    const kept = lines.filter(isNumbered)
    assert.equal(kept.length + Number(losses[0]![1]), 1200)
    // Nothing of what was logged with room on the disk is lost, and the order is kept.
    assert.deepEqual(kept.slice(0, start), numbers(start))
    assert.deepEqual(kept.slice(-200), numbers(1200).slice(-200))
    for (const rotated of logFiles(path).slice(0, -1)) assert.ok(statSync(rotated).size >= 8000)
  })
}

test('LogFile keeps the line that a full disk has cut from spoiling the next', (t) => {
  const disk = smallDisk(t)
  if (disk === undefined) return
  const path = join(disk, 'runner.log')
  const file = openLogFile(path, { maxSize: 0 })
  write(file, `long ${'x'.repeat(100_000)}`)
  assert.equal(statSync(path).size, 65_536)
  execFileSync('mount', ['-o', 'remount,size=256k', disk])
  write(file, 'short')
  file.close()
  const [cut, said, short] = readLog(path)
  assert.match(cut!, /^long x+$/)
  assert.equal(said, '1 log line was lost: no space left on device')
  assert.equal(short, 'short')
})

test('LogFile ends the line of another process that a full disk has cut, and adds none that is empty', (t) => {
  const disk = smallDisk(t)
  if (disk === undefined) return
  const path = join(disk, 'runner.log')
  const [one, other] = [openLogFile(path, { maxSize: 0 }), openLogFile(path, { maxSize: 0 })]
  write(one, `long ${'x'.repeat(100_000)}`)
  write(other, 'lost')
  execFileSync('mount', ['-o', 'remount,size=256k', disk])
  write(other, 'other')
  write(one, 'one')
  one.close()
  other.close()
  const said = '1 log line was lost: no space left on device'
  assert.deepEqual(readLog(path).slice(1), [said, 'other', said, 'one'])
})

for (const [may, mode] of [
  ['change', 0o755],
  ['enter', 0o700],
] as const) {
  test(`LogFile goes on in its file for a user who may not ${may} the directory`, (t) => {
    if (noOtherUser) return t.skip(noOtherUser)
    const path = join(tempDir(t), 'logs', 'runner.log')
    mkdirSync(join(path, '..'))
    chmodSync(join(path, '..'), mode)
    chmodSync(join(path, '..', '..'), 0o755)
    const program = fileURLToPath(new URL('./programs/log-as-user.js', import.meta.url))
    execFileSync(process.execPath, [program, path])
    const lines = readFileSync(path, 'utf8').split('\n')
    assert.equal(lines.filter((line) => line.endsWith('again')).length, 60)
    assert.ok(lines.some((line) => line.includes('permission denied; it goes on growing')))
  })
}
