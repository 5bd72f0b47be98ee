import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type * as asking from '../../packages/runner/dist/control/ask.d.ts'
import { root } from '../helpers/paths.ts'
import { tempDir } from '../helpers/temp-dir.ts'

const file = join(root, 'packages', 'runner', 'dist', 'control', 'ask.js')
const { ask } = (await import(pathToFileURL(file).href)) as typeof asking

test('how long nothing may be heard is what the other end says, and else not known', async (t) => {
  const path = join(tempDir(t), 'sock')
  const heads = ['Runner-Silence: 107\r\n', 'Runner-Silence: soon\r\n', '']
  const server = createServer((socket) => {
    socket.end(`HTTP/1.1 102 Processing\r\n${heads.shift()}\r\nHTTP/1.1 200 OK\r\n\r\nwell`)
  }).listen(path)
  t.after(() => server.close())
  await once(server, 'listening')
  for (const expected of [107_000, undefined, undefined]) {
    const asked = { method: 'POST', target: '/stop', patience: 5000 } as const
    const { code, silence, body } = await ask(path, asked)
    let text = ''
    for await (const piece of body) text += piece
    assert.deepEqual([code, silence, text], [200, expected, 'well'])
  }
})
