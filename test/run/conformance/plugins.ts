import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { differences } from './differences.ts'
import { dropinDir, searching, writeDropin, writeOther } from './dropins.ts'
import type { Half } from './half.ts'
import { told } from './observe.ts'
import { NOBODY } from './pid-file.ts'
import type { Row } from './row.ts'

/** The plugins of these tests that a list has, as often as it has them. */
async function listed(half: Half, ...dirs: string[]): Promise<string[]> {
  const { stdout } = await half.run(['--help'], searching(half, ...dirs))
  return [...stdout.matchAll(/^ {4}(one|two|broken) /gm)].map((match) => match[1] as string)
}

/** Which plugin runs: each one's makeService fails with its description. */
async function run(half: Half, tapname: string, ...dirs: string[]): Promise<string> {
  const { stdout, stderr } = await half.run(['-n', tapname], searching(half, ...dirs))
  // A traceback of a broken plugin comes before.
  const complaint = /.*(?:RuntimeError|cannot load \w+): (.*)/s.exec(stderr.trimEnd())?.[1]
  return complaint ?? (/Unknown command|cannot find/.test(stdout + stderr) ? 'unknown' : stderr)
}

export const plugins: readonly Row[] = [
  {
    row: 43,
    does: 'of two plugins with one name the first runs',
    async observe(half) {
      const dir = dropinDir(half, 'dir')
      writeDropin(half, dir, 'a', 'one', 'the first')
      writeDropin(half, dir, 'b', 'one', 'the second')
      return { listed: await listed(half, 'dir'), runs: await run(half, 'one', 'dir') }
    },
    differs: [differences.shadowed],
    runner: { listed: ['one', 'one'], runs: 'the first' },
    twistd: { listed: ['one'], runs: 'the first' },
  },
  {
    row: 44,
    does: 'a broken plugin breaks no other',
    async observe(half) {
      const dir = dropinDir(half, 'dir')
      writeDropin(half, dir, 'one', 'one')
      const text =
        half.program.name === 'runner'
          ? "throw new Error('broken')\n"
          : "raise RuntimeError('broken')\n"
      writeFileSync(join(dir, `broken${half.program.ending}`), text)
      const { status, stderr } = await half.run(['--help'], searching(half, 'dir'))
      return {
        status,
        lines: stderr.trimEnd().split('\n').length > 1 ? 'several' : 'one',
        says: /broken$/m.test(stderr),
        listed: await listed(half, 'dir'),
        runs: await run(half, 'one', 'dir'),
      }
    },
    differs: [differences.broken],
    runner: { status: 0, lines: 'one', says: true, listed: ['one'], runs: 'one' },
    twistd: { status: 0, lines: 'several', says: true, listed: ['one'], runs: 'one' },
  },
  {
    row: 44,
    does: 'a plugin without a name',
    async observe(half) {
      const dir = dropinDir(half, 'dir')
      writeDropin(half, dir, 'one', 'one')
      writeDropin(half, dir, 'broken', '')
      const { status, stderr } = await half.run(['--help'], searching(half, 'dir'))
      return {
        status,
        lines: stderr.trimEnd().split('\n').length > 1 ? 'several' : 'one',
        listed: await listed(half, 'dir'),
      }
    },
    differs: [differences.broken],
    runner: { status: 0, lines: 'one', listed: ['one'] },
    twistd: { status: 1, lines: 'several', listed: [] },
  },
  {
    row: 45,
    does: 'the list follows what is added, changed and removed',
    async observe(half) {
      const dir = dropinDir(half, 'dir')
      writeDropin(half, dir, 'first', 'one')
      const before = await listed(half, 'dir')
      writeDropin(half, dir, 'second', 'broken')
      const added = await listed(half, 'dir')
      writeDropin(half, dir, 'second', 'two')
      const changed = await listed(half, 'dir')
      rmSync(join(dir, `first${half.program.ending}`))
      const removed = await listed(half, 'dir')
      return { before, added, changed, removed, runs: await run(half, 'one', 'dir') }
    },
    same: {
      before: ['one'],
      added: ['broken', 'one'],
      changed: ['one', 'two'],
      removed: ['two'],
      runs: 'unknown',
    },
  },
  {
    row: 46,
    does: 'with a warm cache a list imports no other modules than it must',
    async observe(half) {
      const dir = dropinDir(half, 'dir')
      writeDropin(half, dir, 'one', 'one')
      writeOther(half, dir)
      // A module as young as the cache is read again by twistd.
      const cold = await listed(half, 'dir')
      const cache = existsSync(join(dir, 'dropin.cache'))
      half.write('loads', '')
      const warm = await listed(half, 'dir')
      return { cold, cache, warm, imports: half.read(half.path('loads')).trim() }
    },
    differs: [differences.imports],
    runner: { cold: ['one'], cache: true, warm: ['one'], imports: '' },
    twistd: { cold: ['one'], cache: true, warm: ['one'], imports: 'one' },
  },
  {
    row: 47,
    does: 'a corrupt cache is made anew',
    async observe(half) {
      const dir = dropinDir(half, 'dir')
      writeDropin(half, dir, 'one', 'one')
      writeFileSync(join(dir, 'dropin.cache'), 'no cache at all')
      const { status, stderr } = await half.run(['--help'], searching(half, 'dir'))
      const made = half.read(join(dir, 'dropin.cache')) !== 'no cache at all'
      return { status, stderr, made, listed: await listed(half, 'dir') }
    },
    same: { status: 0, stderr: '', made: true, listed: ['one'] },
  },
  {
    row: 47,
    does: 'a directory that can not be written works without a cache',
    needsRoot: true,
    async observe(half) {
      const dir = dropinDir(half, 'dir')
      writeDropin(half, dir, 'one', 'one')
      chmodSync(half.cwd, 0o755)
      const { env } = searching(half, 'dir')
      delete env.LOADS
      const options = { env, user: NOBODY }
      const { stdout, ...rest } = await half.run(['--help'], options)
      const { status, on } = told(half, { ...rest, stdout: '' })
      const cache = existsSync(join(dir, 'dropin.cache'))
      return { status, on, cache, listed: /^ {4}one /m.test(stdout) }
    },
    same: { status: 0, on: 'neither', cache: false, listed: true },
  },
  {
    row: 48,
    does: 'two directories: both are listed',
    async observe(half) {
      writeDropin(half, dropinDir(half, 'dir'), 'a', 'one')
      writeDropin(half, dropinDir(half, 'dir2'), 'b', 'two')
      return { listed: await listed(half, 'dir', 'dir2') }
    },
    same: { listed: ['one', 'two'] },
  },
  {
    row: 48,
    does: 'two directories: one file name in both',
    async observe(half) {
      writeDropin(half, dropinDir(half, 'dir'), 'a', 'one')
      writeDropin(half, dropinDir(half, 'dir2'), 'a', 'two')
      return { listed: await listed(half, 'dir', 'dir2') }
    },
    differs: [differences.sameFile],
    runner: { listed: ['one', 'two'] },
    twistd: { listed: ['one'] },
  },
]
