import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { rename } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ftp } from '@runnerd/ftp'
import { startService } from '@runnerd/testkit'
import type * as Controls from '../../../plugins/ftp/dist/control-connection.d.ts'
import type * as Kept from '../../../plugins/ftp/dist/kept-file.d.ts'
import { ftpServer, withAnna } from '../../helpers/ftp-server.ts'
import { FTPTalk } from '../../helpers/ftp-talk.ts'
import { ourPlugins } from '../../helpers/paths.ts'

const linux = process.platform === 'linux' ? false : 'it is Linux that can hold a file'

async function part<T>(name: string): Promise<T> {
  return await import(pathToFileURL(join(ourPlugins, 'ftp', 'dist', `${name}.js`)).href)
}

async function serving(t: TestContext) {
  const server = await ftpServer(t, withAnna(t))
  const talk = await FTPTalk.login(server.port, 'anna', 'secret')
  t.after(() => talk.close())
  await talk.say('TYPE I')
  return { ...server, talk }
}

async function fetched(talk: FTPTalk, name: string): Promise<string> {
  const { data, replies } = await talk.fetch(`RETR ${name}`)
  return replies.length === 2 ? String(data) : String(replies[0])
}

/** What this process has open of a directory. */
function openIn(dir: string): string[] {
  const targets = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      // It was the one of the list itself.
      return ''
    }
  })
  return targets.filter((target) => target.startsWith(dir))
}

test('RETR after SIZE sends what the path leads to now, and not what SIZE has seen', async (t) => {
  const { root, talk } = await serving(t)
  assert.equal(await talk.say('SIZE poem.txt'), '213 20')
  writeFileSync(join(root, 'new'), 'new')
  renameSync(join(root, 'new'), join(root, 'poem.txt'))
  assert.equal(await fetched(talk, 'poem.txt'), 'new')
  assert.match(await talk.say('MDTM poem.txt'), /^213 /)
  writeFileSync(join(root, 'poem.txt'), 'longer than it was')
  assert.equal(await talk.say('SIZE poem.txt'), '213 18')
  assert.equal(await fetched(talk, 'poem.txt'), 'longer than it was')
  await talk.say('SIZE poem.txt')
  unlinkSync(join(root, 'poem.txt'))
  assert.match(await fetched(talk, 'poem.txt'), /^550 .*no such file/)
})

test('RETR after SIZE sends nothing of a directory that has become a link out of the root', async (t) => {
  const { root, talk } = await serving(t)
  assert.equal(await talk.say('SIZE sub/deep.txt'), '213 5')
  renameSync(join(root, 'sub'), join(root, '..', 'moved'))
  assert.match(await fetched(talk, 'sub/deep.txt'), /^550 /)
  symlinkSync('../moved', join(root, 'sub'))
  assert.match(await talk.say('SIZE sub/deep.txt'), /^550 /)
  assert.match(await fetched(talk, 'sub/deep.txt'), /^550 /)
})

test('what SIZE has told anna is not there for who logs in as anonymous after her', async (t) => {
  const { talk } = await serving(t)
  assert.equal(await talk.say('SIZE .hidden'), '213 7')
  await talk.say('USER ftp')
  await talk.say('PASS x')
  assert.match(await fetched(talk, '.hidden'), /^550 .*no such file/)
})

test('nothing outside is read while a directory is swapped for a link all the time', {
  skip: linux,
}, async (t) => {
  const { root, talk } = await serving(t)
  const outside = join(root, '..', 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'deep.txt'), 'outside\n')
  const [sub, kept, link] = [join(root, 'sub'), join(root, 'kept'), join(root, 'link')]
  symlinkSync(outside, link)
  let isDone = false
  const swap = async (): Promise<void> => {
    while (!isDone) {
      await rename(sub, kept)
      await rename(link, sub)
      await rename(sub, link)
      await rename(kept, sub)
    }
  }
  const swapping = swap()
  const seen = new Set<string>()
  for (let n = 0; n < 50 || !seen.has('deep\n'); n += 1) {
    if (n % 2 === 0) seen.add((await talk.say('SIZE sub/deep.txt')).replace(/^550 .*/, '550'))
    seen.add((await fetched(talk, 'sub/deep.txt')).replace(/^550 .*/, '550'))
  }
  isDone = true
  await swapping
  seen.delete('550')
  seen.delete('213 5')
  assert.deepEqual([...seen], ['deep\n'])
})

test('files of all sizes come whole, and from where REST says', async (t) => {
  const { root, talk } = await serving(t)
  const piece = 256 * 1024
  for (const size of [0, 1, 8191, 8192, 8193, piece - 1, piece, piece + 1, 2 * piece, 600_000]) {
    const bytes = randomBytes(size)
    writeFileSync(join(root, 'file'), bytes)
    const { data, replies } = await talk.fetch('RETR file')
    assert.ok(data.equals(bytes), `${data.length} bytes of ${size}`)
    assert.deepEqual(
      [replies[0], replies[1]],
      [`150 Opening data connection for file (${size} bytes).`, '226 Transfer complete.'],
    )
    for (const from of [size, Math.max(size - 1, 0)]) {
      await talk.say(`REST ${from}`)
      const rest = await talk.fetch('RETR file')
      assert.ok(rest.data.equals(bytes.subarray(from)), `from ${from} of ${size}`)
    }
  }
})

test('files of a file system that is not known to be local are served, too', {
  skip: linux,
}, async (t) => {
  // Their size says nothing.
  const service = await startService(ftp, ['--port', '0', '--root', '/proc/sys/kernel'])
  t.after(() => service.stop())
  const talk = await FTPTalk.login(service.address().port)
  t.after(() => talk.close())
  await talk.say('TYPE I')
  assert.equal(await talk.say('SIZE ostype'), '213 0')
  assert.equal(await fetched(talk, 'ostype'), 'Linux\n')
  assert.equal(await fetched(talk, 'ostype'), 'Linux\n')
  assert.match(await fetched(talk, 'random'), /^550 random: not a plain file/)
  assert.match(await fetched(talk, 'none'), /^550 none: no such file/)
})

test('where no file can be held, files are served by their path', async (t) => {
  const { platform } = process
  t.after(() => Object.defineProperty(process, 'platform', { value: platform }))
  const { root, talk } = await serving(t)
  symlinkSync('../outside.txt', join(root, 'out'))
  symlinkSync('poem.txt', join(root, 'in'))
  Object.defineProperty(process, 'platform', { value: 'darwin' })
  for (const name of ['poem.txt', 'in']) {
    assert.equal(await talk.say(`SIZE ${name}`), '213 20')
    assert.equal(await fetched(talk, name), 'a poem\nof two lines\n')
  }
  assert.match(await talk.say('SIZE out'), /^550 /)
  assert.match(await fetched(talk, 'out'), /^550 /)
  assert.match(await fetched(talk, 'sub'), /^550 sub: not a plain file/)
})

test('no file stays open that was looked at, sent, refused or given up', {
  skip: linux,
}, async (t) => {
  const { root, talk } = await serving(t)
  for (const name of ['poem.txt', 'sub', 'none', 'sub/deep.txt']) {
    await talk.say(`SIZE ${name}`)
    await talk.say(`MDTM ${name}`)
    await fetched(talk, name)
    await talk.say(`SIZE ${name}`)
    await talk.say('REST 99')
    await fetched(talk, name)
  }
  const data = await talk.data()
  await talk.say('SIZE poem.txt')
  data.destroy()
  await talk.say('RETR poem.txt')
  await talk.reply()
  assert.equal(await talk.say('SIZE poem.txt'), '213 20')
  talk.close()
  while (openIn(root).length > 0) await new Promise((resolve) => setImmediate(resolve))
})

test('KeptFile lets go of a file after a moment, of one that is replaced, of none twice', async (t) => {
  const { KeptFile } = await part<typeof Kept>('kept-file')
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const closed: string[] = []
  const file = (name: string) => ({ close: async () => closed.push(name) }) as never
  const kept = new KeptFile()
  const first = file('first')
  kept.keep('/a', first)
  assert.equal(kept.take('/b'), undefined)
  assert.equal(kept.take('/a'), first)
  assert.equal(kept.take('/a'), undefined)
  t.mock.timers.tick(5000)
  assert.deepEqual(closed, [])
  kept.keep('/a', file('second'))
  kept.keep('/a', file('third'))
  assert.deepEqual(closed, ['second'])
  t.mock.timers.tick(999)
  assert.deepEqual(closed, ['second'])
  t.mock.timers.tick(1)
  assert.deepEqual(closed, ['second', 'third'])
  assert.equal(kept.take('/a'), undefined)
  kept.drop()
  assert.deepEqual(closed, ['second', 'third'])
})

test('replies that are held go out in one piece; what is not released goes out itself', async (t) => {
  const { ControlConnection } = await part<typeof Controls>('control-connection')
  const client = new Promise<Socket>((resolve) => {
    const server = createServer((socket) => {
      server.close()
      resolve(socket)
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      const socket = connect(port, '127.0.0.1')
      t.after(() => socket.destroy())
    })
  })
  const socket = await client
  t.after(() => socket.destroy())
  const written: string[] = []
  const write = t.mock.method(socket, 'write', (text: string) => written.push(text) > 0)
  const control = new ControlConnection(socket, {
    line() {},
    ended() {},
    silent() {},
    lost() {},
  })
  control.hold()
  control.reply(150, 'one')
  control.reply(226, 'two')
  assert.deepEqual(written, [])
  control.release()
  control.release()
  assert.deepEqual(written, ['150 one\r\n226 two\r\n'])
  control.reply(200, 'three')
  assert.equal(written.length, 2)
  control.hold()
  control.reply(150, 'four')
  assert.equal(written.length, 2)
  while (written.length < 3) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(written[2], '150 four\r\n')
  control.reply(226, 'five')
  assert.equal(written[3], '226 five\r\n')
  write.mock.restore()
})
