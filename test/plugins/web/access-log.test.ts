import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDir } from '../../helpers/temp-dir.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { appFile, serve } from './serve.ts'

/** A line of the combined format: from, date, request, status, bytes, referrer, agent. */
const COMBINED =
  /^(\S+) - - \[(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "(.*)" (\d{3}) (\d+|-) "(.*)" "(.*)"$/

/** Waits until the file has so many lines. */
async function linesOf(file: string, count: number): Promise<string[]> {
  return await waitFor(file, () => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
    return lines.length >= count ? lines : undefined
  })
}

test("what is asked of files is in runner's log, in the combined format", async (t) => {
  const root = tempDir(t)
  writeFileSync(join(root, 'a.txt'), 'hello')
  const site = await serve(t, '--path', root)
  await site.get('/a.txt?x=1', { referer: 'http://localhost/', 'user-agent': 'a "test"\\' })
  await site.get('/a.txt', { range: 'bytes=-2' })
  await site.get('/a.txt', {}, 'HEAD')
  await site.get('/none')
  const lines = site.log.filter((line) => line.startsWith('[access] '))
  const parts = lines.map((line) => COMBINED.exec(line.slice('[access] '.length)) ?? [line])
  assert.deepEqual(
    parts.map(([, from, , ...rest]) => [from, ...rest]),
    [
      ['127.0.0.1', 'GET /a.txt?x=1 HTTP/1.1', '200', '5', 'http://localhost/', 'a \\"test\\"\\\\'],
      ['127.0.0.1', 'GET /a.txt HTTP/1.1', '206', '2', '-', '-'],
      ['127.0.0.1', 'HEAD /a.txt HTTP/1.1', '200', '-', '-', '-'],
      ['127.0.0.1', 'GET /none HTTP/1.1', '404', '10', '-', '-'],
    ],
  )
  const said = parts[0]?.[2] ?? ''
  const date = Date.parse(said.replace(/^(\d\d)\/(\w{3})\/(\d{4}):/, '$1 $2 $3 '))
  assert.ok(Math.abs(Date.now() - date) < 60_000, said)
})

test('apps have an access log if one is asked for, with the bytes that they wrote', async (t) => {
  const file = join(tempDir(t), 'access.log')
  const silent = await serve(t, '--app', appFile('several.mjs#bare'))
  await silent.get('/hello')
  assert.ok(!silent.log.some((line) => line.startsWith('[access]')))
  for (const name of ['express.mjs', 'fastify.mjs', 'koa.mjs', 'hono.mjs', 'several.mjs#bare']) {
    const app = await serve(t, '--app', appFile(name), '--access-log', `${file}-${name}`)
    const { text } = await app.get('/hello')
    const [line = ''] = await linesOf(`${file}-${name}`, 1)
    const [, , , asked, status, bytes] = COMBINED.exec(line) ?? [line]
    assert.deepEqual([asked, status, bytes], ['GET /hello HTTP/1.1', '200', String(text.length)])
  }
})

test('off is no access log, and a file that cannot be had fails the start', async (t) => {
  const root = tempDir(t)
  const site = await serve(t, '--path', root, '--access-log', 'off')
  await site.get('/')
  assert.ok(!site.log.some((line) => line.startsWith('[access]')))
  const path = join(root, 'none', 'access.log')
  await assert.rejects(serve(t, '--path', root, '--access-log', path), { code: 'ENOENT', path })
})

test('an access log that was moved away is begun anew, and no line is lost', async (t) => {
  const root = tempDir(t)
  const file = join(root, 'access.log')
  const site = await serve(t, '--path', root, '--access-log', file)
  await site.get('/1')
  await linesOf(file, 1)
  renameSync(file, `${file}.1`)
  let asked = 1
  for (; !existsSync(file); asked += 1) await site.get(`/${asked + 1}`)
  await site.stop()
  const lines = [`${file}.1`, file].flatMap((each) =>
    readFileSync(each, 'utf8').split('\n').slice(0, -1),
  )
  const paths = lines.map((line) => /"GET (\S+)/.exec(line)?.[1])
  assert.deepEqual(
    paths,
    Array.from({ length: asked }, (_, at) => `/${at + 1}`),
  )
})
