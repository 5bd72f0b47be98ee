import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as Large from '../../../plugins/ftp/dist/large-pieces.d.ts'
import type * as Paces from '../../../plugins/ftp/dist/pace.d.ts'
import { ftpServer } from '../../helpers/ftp-server.ts'
import { FTPTalk } from '../../helpers/ftp-talk.ts'
import { ourPlugins } from '../../helpers/paths.ts'

const [{ largePieces }, { Pace }] = await Promise.all([
  part<typeof Large>('large-pieces'),
  part<typeof Paces>('pace'),
])

/** Those of a process. */
const MOST = 8

/** It begins with small pieces, and is sent by large ones where it is taken quickly. */
const SIZE = 20_000_000

async function part<T>(name: string): Promise<T> {
  return await import(pathToFileURL(join(ourPlugins, 'ftp', 'dist', `${name}.js`)).href)
}

/** A server for which all is quick, and what it serves. */
async function quickServer(t: TestContext) {
  t.mock.method(performance, 'now', () => 0)
  const bytes = randomBytes(SIZE)
  const { port, root } = await ftpServer(t)
  writeFileSync(join(root, 'large'), bytes)
  writeFileSync(join(root, 'endless'), '')
  truncateSync(join(root, 'endless'), 2 ** 33)
  const login = async (): Promise<FTPTalk> => {
    const talk = await FTPTalk.login(port)
    t.after(() => talk.close())
    await talk.say('TYPE I')
    return talk
  }
  return { bytes, login }
}

/** Takes all the large pieces that nobody has, and gives them back; returns how many. */
function countFree(): number {
  const pieces: Buffer[] = []
  for (let piece = largePieces.borrow(); piece !== undefined; piece = largePieces.borrow()) {
    pieces.push(piece)
  }
  assert.equal(new Set(pieces).size, pieces.length)
  for (const piece of pieces) largePieces.giveBack(piece)
  return pieces.length
}

test('a large file comes whole to more at once than there are large pieces for, and they all come back', async (t) => {
  const { bytes, login } = await quickServer(t)
  const borrow = t.mock.method(largePieces, 'borrow')
  const talks = await Promise.all(Array.from({ length: 6 }, login))
  const fetched = talks.map(async (talk, nth) => {
    // Not all of them come to the same end of it.
    await talk.say(`REST ${nth}`)
    const { data, replies } = await talk.fetch('RETR large')
    assert.ok(data.equals(bytes.subarray(nth)), `${data.length} bytes from ${nth} on`)
    assert.match(String(replies[1]), /^226 /)
  })
  await Promise.all(fetched)
  assert.ok(borrow.mock.callCount() > 0)
  assert.equal(countFree(), MOST)
})

test('large pieces come back from a transfer that is aborted, and from one whose client goes away', async (t) => {
  const { login } = await quickServer(t)
  for (const end of ['ABOR', 'reset']) {
    const talk = await login()
    const data = await talk.data()
    data.on('error', () => {})
    const borrowed = new Promise<void>((resolve) => {
      const borrow = t.mock.method(largePieces, 'borrow', () => {
        borrow.mock.restore()
        resolve()
        return largePieces.borrow()
      })
    })
    await talk.say('RETR endless')
    data.resume()
    await borrowed
    assert.notEqual(countFree(), MOST)
    // It stands still as soon as the systems have taken what they take.
    data.pause()
    if (end === 'ABOR') talk.socket.write('ABOR\r\n')
    else data.resetAndDestroy()
    assert.match(await talk.reply(), /^426 /)
    assert.equal(countFree(), MOST)
    data.destroy()
  }
})

test('Pace says that much was moved quickly, and not what the systems may have kept', (t) => {
  const now = t.mock.method(performance, 'now', () => 0)
  const pace = new Pace()
  const quick = (ms: number, moved: number): boolean => {
    now.mock.mockImplementation(() => ms)
    return pace.isQuick(moved)
  }
  assert.equal(quick(1, 16e6), false)
  assert.equal(quick(2, 17e6), true)
  assert.equal(quick(102, 18e6), false)
  assert.equal(quick(103, 19e6), true)
})
