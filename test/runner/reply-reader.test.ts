import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import type { ReplyReader as Reader } from '../../packages/runner/dist/control/reply-reader.d.ts'
import { root } from '../helpers/paths.ts'

const file = join(root, 'packages', 'runner', 'dist', 'control', 'reply-reader.js')
const { ReplyReader } = (await import(pathToFileURL(file).href)) as { ReplyReader: typeof Reader }

async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
  for (let i = 1; i < at.length; i += 1) yield bytes.subarray(at[i - 1], at[i])
}

async function read(text: string, cuts: readonly number[] = []): Promise<string> {
  const bytes = Buffer.from(text)
  const fit = cuts.filter((cut) => cut < bytes.length)
  const reader = new ReplyReader(inPieces(bytes, fit), () => {})
  const code = await reader.code()
  let body = ''
  for await (const piece of reader.body()) body += piece
  return `${code} ${body}`
}

const replies: [string, string][] = [
  ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody', '200 body'],
  ['HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n', '204 '],
  ['HTTP/1.0 200 OK\r\n\r\nall of it\r\n', '200 all of it\r\n'],
  [
    'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 503 X\r\n\r\n!',
    '503 !',
  ],
  [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nB;x=y\r\n in a piece\r\n0\r\n\r\n',
    '200 body in a piece',
  ],
]

test('a reply is read the same however it is cut into pieces', async () => {
  for (const [text, expected] of replies) assert.equal(await read(text), expected)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...replies),
      fc.array(fc.nat({ max: 120 }), { maxLength: 12 }),
      async ([text, expected], cuts) => {
        assert.equal(await read(text, cuts), expected)
      },
    ),
  )
})

test('a reply that ends too early is cut short, wherever that is', async () => {
  for (const [text] of replies.filter(([, told]) => !told.startsWith('200 all'))) {
    const end = text.endsWith('\r\n\r\n!') ? text.length - 1 : text.length
    for (let length = 0; length < end; length += 1) {
      await assert.rejects(read(text.slice(0, length)), { code: 'ERR_CUT_SHORT' }, String(length))
    }
  }
})

test('bytes that are no reply are refused, and never held without end', async () => {
  await assert.rejects(read('SSH-2.0-OpenSSH\r\n'), { code: 'ERR_NOT_HTTP' })
  await assert.rejects(read('x'.repeat(100_000)), { code: 'ERR_NOT_HTTP' })
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const reader = new ReplyReader(inPieces(Buffer.from(bytes), []), () => {})
      await assert.rejects(reader.code(), ({ code }: NodeJS.ErrnoException) =>
        ['ERR_NOT_HTTP', 'ERR_CUT_SHORT'].includes(String(code)),
      )
    }),
  )
})
