import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { Root } from '@runnerd/ftp'
import fc from 'fast-check'
import { ftpServer, withAnna } from '../../helpers/ftp-server.ts'
import { FTPTalk } from '../../helpers/ftp-talk.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

/** What paths out of a root are made of; `out` and `up` are links in it. */
const part = fc.constantFrom(
  ...['..', '.', '', 'sub', 'out', 'up', 'outfile', 'in', 'poem.txt', 'outside.txt', 'root'],
  ...['deep.txt', '...', '..\\', '%2e%2e', '.hidden', 'etc', 'passwd', '~', '-la'],
)
const path = fc
  .tuple(fc.boolean(), fc.array(part, { maxLength: 8 }))
  .map(([isAbsolute, parts]) => (isAbsolute ? '/' : '') + parts.join('/'))

function addLinks(root: string): void {
  symlinkSync('..', join(root, 'up'))
  symlinkSync('/etc', join(root, 'out'))
  symlinkSync(join(root, '..', 'outside.txt'), join(root, 'outfile'))
  symlinkSync('../root-too', join(root, 'beside'))
  symlinkSync('sub', join(root, 'in'))
  symlinkSync('nowhere', join(root, 'dangling'))
  symlinkSync('loop', join(root, 'loop'))
  symlinkSync('../new-outside', join(root, 'sub', 'new'))
}

test('no path of any make leads out of the root, for reading or writing', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  addLinks(root)
  const dir = join(root, '..')
  mkdirSync(join(dir, 'root-too'))
  writeFileSync(join(dir, 'root-too', 'secret'), 'secret')
  const before = readdirSync(dir).sort()
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  await talk.say('TYPE I')
  const inside = ['a poem\nof two lines\n', 'deep\n', 'hidden\n', 'written']
  await fc.assert(
    fc.asyncProperty(path, path, fc.nat(9), async (first, second, kind) => {
      await talk.say(`CWD ${first}`)
      const cwd = await talk.say('PWD')
      assert.match(cwd, /^257 "\//)
      assert.doesNotMatch(cwd, /\/\.\.(?:\/|")/)
      if (kind < 3) {
        const { data, replies } = await talk.fetch(`RETR ${second}`)
        if (replies[0]?.startsWith('150')) assert.ok(inside.includes(String(data)), String(data))
      } else if (kind < 6) {
        const text = String((await talk.fetch(`MLSD ${second}`)).data)
        assert.doesNotMatch(text, /root-too|; shadow/)
      } else if (kind === 6) await talk.say(`DELE ${first}/outside.txt`)
      else if (kind === 7) await talk.send(`STOR ${first}/outside.txt`, 'written')
      else {
        await talk.say(`RNFR ${first}`)
        await talk.say(`RNTO ${second}`)
      }
      assert.deepEqual(readdirSync(dir).sort(), before)
      assert.equal(readFileSync(join(dir, 'outside.txt'), 'utf8'), 'outside\n')
    }),
    { numRuns: 400 },
  )
})

test('a link that leads out is not listed, read, written, entered or told of', async (t) => {
  const { port, root } = await ftpServer(t, withAnna(t))
  addLinks(root)
  mkdirSync(join(root, '..', 'root-too'))
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  const names = String((await talk.fetch('NLST')).data).split('\r\n')
  assert.deepEqual(names, ['.hidden', 'in', 'poem.txt', 'sub', ''])
  for (const name of ['out', 'up', 'beside', 'dangling', 'loop']) {
    assert.match(await talk.say(`CWD ${name}`), /^550 /, name)
    assert.match((await talk.fetch(`LIST ${name}`)).replies[0] ?? '', /^550 /, name)
    assert.match(await talk.say(`MKD ${name}/x`), /^550 /, name)
  }
  for (const name of ['outfile', 'up/outside.txt', 'out/passwd', 'sub/new', 'dangling']) {
    assert.match(await talk.say(`SIZE ${name}`), /^550 /, name)
    assert.match(await talk.say(`MDTM ${name}`), /^550 /, name)
    assert.match(await talk.say(`MLST ${name}`), /^550 /, name)
    assert.match((await talk.fetch(`RETR ${name}`)).replies[0] ?? '', /^550 /, name)
    assert.match((await talk.send(`STOR ${name}`, 'x'))[0] ?? '', /^550 /, name)
    assert.match((await talk.send(`APPE ${name}`, 'x'))[0] ?? '', /^550 /, name)
  }
  assert.ok(!existsSync(join(root, '..', 'new-outside')))
  assert.equal((await talk.fetch('RETR in/deep.txt')).replies[1], '226 Transfer complete.')
  assert.match(await talk.say('DELE outfile'), /^250 /)
  assert.equal(readFileSync(join(root, '..', 'outside.txt'), 'utf8'), 'outside\n')
})

test('a name with a NUL or the end of a line in it is refused', async (t) => {
  const { port } = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(port, 'anna', 'secret')
  t.after(() => talk.close())
  assert.match(await talk.say('MKD a\0b'), /^553 /)
  assert.match(await talk.say('MKD a\rb'), /^553 /)
  assert.match(await talk.say('CWD a\0/..'), /^553 /)
})

// While somebody on the machine swaps a directory of the root for a link out of it.
test('Root holds the directory it has looked at, whatever takes its place', async (t) => {
  const dir = tempDir(t)
  const root = join(dir, 'root')
  mkdirSync(join(root, 'sub'), { recursive: true })
  mkdirSync(join(dir, 'outside'))
  writeFileSync(join(root, 'sub', 'file'), 'inside')
  writeFileSync(join(dir, 'outside', 'file'), 'outside')
  const served = new Root(root)
  await served.open()
  const sight = { seesHidden: true }
  const swapped = async (): Promise<void> => {
    renameSync(join(root, 'sub'), join(root, 'moved'))
    symlinkSync(join(dir, 'outside'), join(root, 'sub'))
  }
  const read = await served.existing('/sub/file', sight, async ({ path }) => {
    await swapped()
    return readFileSync(path, 'utf8')
  })
  assert.equal(read, process.platform === 'linux' ? 'inside' : read)
  await assert.rejects(
    served.existing('/sub/file', sight, async () => {}),
    { code: 'ENOENT' },
  )
  rmSync(join(root, 'sub'))
  renameSync(join(root, 'moved'), join(root, 'sub'))
  await served.entry('/sub/made', sight, async ({ path }) => {
    await swapped()
    writeFileSync(path, 'made')
  })
  if (process.platform === 'linux') assert.deepEqual(readdirSync(join(dir, 'outside')), ['file'])
  assert.equal(basename(root), 'root')
})

/** Who is nobody on this machine: root may enter and read any directory. */
const NOBODY = 65534

test('what is in a directory that can be entered and not read is reached by its name', {
  skip: process.platform === 'linux' ? false : 'only Linux holds what it does not read',
}, async (t) => {
  const dir = tempDir(t)
  const box = join(dir, 'box')
  mkdirSync(box)
  writeFileSync(join(box, 'there'), 'there')
  const isRoot = process.geteuid?.() === 0
  if (isRoot) for (const path of [dir, box, join(box, 'there')]) chownSync(path, NOBODY, NOBODY)
  const served = new Root(dir)
  const sight = { seesHidden: true }
  if (isRoot) process.seteuid?.(NOBODY)
  try {
    try {
      lstatSync(dir)
    } catch {
      return t.skip('nobody else comes to the directory of the tests')
    }
    await served.open()
    chmodSync(box, 0o300)
    await served.entry('/box/made', sight, async ({ path }) => writeFileSync(path, 'made'))
    const read = async ({ path }: { path: string }): Promise<string> => readFileSync(path, 'utf8')
    assert.equal(await served.existing('/box/made', sight, read), 'made')
    assert.equal(await served.existing('/box/there', sight, read), 'there')
    await assert.rejects(new Root(box).open(), { code: 'EACCES' })
    chmodSync(box, 0o600)
    await assert.rejects(served.existing('/box/there', sight, read), { code: 'EACCES' })
    chmodSync(box, 0o700)
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})
