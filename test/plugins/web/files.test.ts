import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { checkPlugin } from '@runnerd/testkit'
import { noOtherUser } from '../../helpers/other-user.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { appFile, serve } from './serve.ts'

const LONG_AGO = new Date('2020-02-02T02:02:02Z')

/** A site, all of it long unchanged. */
function siteIn(root: string, files: Record<string, string | Buffer>): string {
  for (const [name, text] of Object.entries(files)) {
    const file = join(root, name)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, text)
    utimesSync(file, LONG_AGO, LONG_AGO)
  }
  return root
}

test('web is a sound plugin', async (t) => {
  const file = join(ourPlugins, 'web', 'dist', 'plugin.js')
  await checkPlugin(file, { args: ['--port', '0', '--path', tempDir(t)] })
})

test('a file is answered with its bytes, type, date and tag, and twice the same', async (t) => {
  const root = siteIn(tempDir(t), {
    'a b.html': '<p>ä</p>',
    'app.mjs': '1',
    data: '\0',
    'é.svg': '<',
  })
  const site = await serve(t, '--path', root)
  for (let n = 0; n < 2; n += 1) {
    const { status, headers, text } = await site.get('/a%20b.html')
    assert.equal(status, 200)
    assert.equal(text, '<p>ä</p>')
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
    assert.equal(headers['content-length'], '9')
    assert.equal(headers['last-modified'], LONG_AGO.toUTCString())
    assert.match(headers.etag ?? '', /^"9-[0-9a-f.]+"$/)
    assert.equal(headers['accept-ranges'], 'bytes')
    assert.equal(headers['x-content-type-options'], 'nosniff')
  }
  const typeOf = async (path: string) => (await site.get(path)).headers['content-type']
  assert.equal(await typeOf('/app.mjs'), 'text/javascript; charset=utf-8')
  assert.equal(await typeOf('/data'), 'application/octet-stream')
  assert.equal(await typeOf('/%C3%A9.svg'), 'image/svg+xml')
})

test('what has changed is answered as it is now: a kept file, one of the same size, one gone', async (t) => {
  const root = siteIn(tempDir(t), { 'a.txt': 'one' })
  const site = await serve(t, '--path', root)
  const file = join(root, 'a.txt')
  assert.equal((await site.get('/a.txt')).text, 'one')
  for (const text of ['two', 'six', 'three']) {
    writeFileSync(file, text)
    assert.equal((await site.get('/a.txt')).text, text)
  }
  truncateSync(file)
  const { status, headers, text } = await site.get('/a.txt')
  assert.deepEqual([status, headers['content-length'], text], [200, '0', ''])
})

for (const [size, what] of [
  [10, 'a file that is kept'],
  [1_000_000, 'one that is read each time'],
] as const) {
  const bytes = Buffer.from(Array.from({ length: size }, (_, at) => 48 + (at % 10)))
  const last = size - 1
  const parts: readonly [range: string, status: number, start?: number, end?: number][] = [
    ['bytes=0-0', 206, 0, 0],
    ['bytes=2-5', 206, 2, 5],
    ['bytes=7-', 206, 7, last],
    ['bytes=-7', 206, size - 7, last],
    ['Bytes=3-4', 206, 3, 4],
    [`bytes=-${size * 2}`, 206, 0, last],
    [`bytes=5-${size * 2}`, 206, 5, last],
    [`bytes=${size}-`, 416],
    ['bytes=-0', 416],
    // Of a list, empty elements and what is beyond the file are nothing.
    ['bytes=0-1,', 206, 0, 1],
    ['bytes = , 3-4 ,,', 206, 3, 4],
    [`bytes=${size}-,-1`, 206, last, last],
    [`bytes=${size}-,${size + 1}-`, 416],
    // Not understood, wrong, or of more bytes than there are: the RFC has them ignored.
    ['bytes=5-2', 200],
    ['bytes=', 200],
    ['bytes=-', 200],
    ['bytes=a-b', 200],
    ['lines=0-1', 200],
    ['bytes=,', 200],
    ['bytes=0-1,nonsense', 200],
    ['bytes=1-,-8', 200],
    [`bytes=0-${last},0-0`, 200],
    [`bytes=${'0-0,'.repeat(17)}`, 200],
    ['bytes=0x1-2', 200],
  ]
  test(`of ${what} a range is answered with those bytes and no more`, async (t) => {
    const site = await serve(t, '--path', siteIn(tempDir(t), { digits: bytes }))
    for (const [range, status, start = 0, end = last] of parts) {
      const answer = await site.get('/digits', { range })
      assert.equal(answer.status, status, range)
      const said = answer.headers['content-range']
      if (status === 416) assert.equal(said, `bytes */${size}`, range)
      else assert.ok(answer.body.equals(bytes.subarray(start, end + 1)), range)
      if (status === 206) assert.equal(said, `bytes ${start}-${end}/${size}`, range)
      if (status === 200) assert.equal(said, undefined, range)
    }
    const head = await site.get('/digits', { range: 'bytes=1-2' }, 'HEAD')
    assert.deepEqual([head.status, head.headers['content-length']], [200, String(size)])
  })
}

for (const [size, what] of [
  [22, 'a file that is kept'],
  [1_000_000, 'one that is read each time'],
] as const) {
  test(`of ${what} several ranges are answered in several parts`, async (t) => {
    const bytes = Buffer.from(Array.from({ length: size }, (_, at) => 48 + (at % 10)))
    const site = await serve(t, '--path', siteIn(tempDir(t), { 'digits.txt': bytes }))
    const cases: readonly [range: string, ...parts: [start: number, end: number][]][] = [
      ['bytes=0-0,-1', [0, 0], [size - 1, size - 1]],
      ['bytes=4-5, 0-2 ,,15-', [4, 5], [0, 2], [15, size - 1]],
      [`bytes=${size}-, 7-7, 9-9`, [7, 7], [9, 9]],
    ]
    for (const [range, ...parts] of cases) {
      const { status, headers, body } = await site.get('/digits.txt', { range })
      assert.equal(status, 206, range)
      assert.equal(headers['content-length'], String(body.length), range)
      assert.equal(headers['content-range'], undefined, range)
      const type = /^multipart\/byteranges; boundary=(\w+)$/.exec(headers['content-type'] ?? '')
      const [before, ...found] = body.toString('latin1').split(`\r\n--${type?.[1]}`)
      assert.deepEqual([before, found.pop()], ['', '--\r\n'], range)
      const said = 'content-type: text/plain; charset=utf-8\r\ncontent-range: bytes '
      assert.deepEqual(
        found,
        parts.map(([start, end]) => {
          const part = bytes.toString('latin1', start, end + 1)
          return `\r\n${said}${start}-${end}/${size}\r\n\r\n${part}`
        }),
        range,
      )
    }
    const head = await site.get('/digits.txt', { range: 'bytes=0-0,-1' }, 'HEAD')
    assert.deepEqual([head.status, head.headers['content-length']], [200, String(size)])
  })
}

test('of an empty file no range is answered, and it is no error', async (t) => {
  const site = await serve(t, '--path', siteIn(tempDir(t), { empty: '' }))
  assert.equal((await site.get('/empty', { range: 'bytes=-7' })).status, 200)
  assert.equal((await site.get('/empty', { range: 'bytes=0-' })).status, 416)
})

/** A date as C's asctime writes it, always of GMT: RFC 9110, 5.6.7. */
function asctime(date: Date): string {
  const [, day, number = '', month, year, time] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? []
  return `${day} ${month} ${number.replace(/^0/, ' ')} ${time} ${year}`
}

test('conditions are evaluated as RFC 9110 has it, the range last', async (t) => {
  const zone = process.env.TZ
  t.after(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })
  process.env.TZ = 'Asia/Tokyo'
  const site = await serve(t, '--path', siteIn(tempDir(t), { 'ten.txt': '0123456789' }))
  const { etag = '', 'last-modified': date = '' } = (await site.get('/ten.txt')).headers
  const before = new Date(LONG_AGO.getTime() - 1000).toUTCString()
  const range = 'bytes=2-3'
  const cases: readonly [headers: Record<string, string>, status: number][] = [
    [{ 'if-none-match': etag }, 304],
    [{ 'if-none-match': `W/${etag}` }, 304],
    [{ 'if-none-match': `"other", ${etag}` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"other"', 'if-modified-since': date }, 200],
    [{ 'if-modified-since': date }, 304],
    [{ 'if-modified-since': before }, 200],
    [{ 'if-modified-since': 'not a date' }, 200],
    [{ 'if-modified-since': '2099' }, 200],
    [{ 'if-modified-since': asctime(LONG_AGO) }, 304],
    [{ 'if-modified-since': asctime(new Date(LONG_AGO.getTime() - 1000)) }, 200],
    [{ 'if-none-match': etag, 'cache-control': 'no-cache' }, 304],
    [{ 'if-modified-since': date, 'cache-control': 'no-cache' }, 304],
    [{ 'if-none-match': etag, 'if-modified-since': before }, 304],
    [{ 'if-match': etag }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"other"' }, 412],
    [{ 'if-match': `W/${etag}` }, 412],
    [{ 'if-unmodified-since': date }, 200],
    [{ 'if-unmodified-since': before }, 412],
    [{ 'if-unmodified-since': 'not a date' }, 200],
    [{ 'if-unmodified-since': asctime(LONG_AGO) }, 200],
    [{ 'if-none-match': etag, range }, 304],
    [{ 'if-range': etag, range }, 206],
    [{ 'if-range': date, range }, 206],
    [{ 'if-range': '"other"', range }, 200],
    [{ 'if-range': `W/${etag}`, range }, 200],
    [{ 'if-range': before, range }, 200],
  ]
  for (const [headers, status] of cases) {
    const answer = await site.get('/ten.txt', headers)
    assert.equal(answer.status, status, JSON.stringify(headers))
    if (status !== 304) continue
    assert.equal(answer.text, '')
    assert.equal(answer.headers.etag, etag)
  }
})

test('a compressed file beside it is answered to those who can read it', async (t) => {
  const text = 'hello '.repeat(1000)
  const root = siteIn(tempDir(t), {
    'a.css': text,
    'a.css.br': brotliCompressSync(text),
    'a.css.gz': gzipSync(text),
    'b.css': text,
    'b.css.gz': gzipSync(text),
  })
  const site = await serve(t, '--path', root)
  const cases: readonly [path: string, accepts: string, encoding: string | undefined][] = [
    ['/a.css', 'gzip, deflate, br', 'br'],
    ['/a.css', 'br;q=0.1, gzip', 'gzip'],
    ['/a.css', 'br;q=0, gzip;q=0', undefined],
    ['/a.css', 'identity, gzip;q=0.5', undefined],
    ['/a.css', '*', 'br'],
    ['/b.css', 'br, gzip', 'gzip'],
    ['/b.css', 'br', undefined],
    ['/b.css', 'nonsense;;q=', undefined],
  ]
  const tags = new Set<string | undefined>()
  for (const [path, accepts, encoding] of cases) {
    const { headers, body } = await site.get(path, { 'accept-encoding': accepts })
    assert.equal(headers['content-encoding'], encoding, accepts)
    assert.equal(headers['content-type'], 'text/css; charset=utf-8')
    assert.equal(headers.vary, 'Accept-Encoding')
    const plain =
      encoding === 'br' ? brotliDecompressSync(body) : encoding ? gunzipSync(body) : body
    assert.equal(String(plain), text, accepts)
    if (path === '/a.css') tags.add(headers.etag)
  }
  assert.equal(tags.size, 3, 'each has a tag of its own')
  const same = await site.get('/a.css', { 'if-none-match': '*' })
  assert.deepEqual([same.status, same.headers.vary], [304, 'Accept-Encoding'])
  const itself = await site.get('/a.css.gz', { 'accept-encoding': 'gzip' })
  assert.equal(itself.headers['content-encoding'], undefined)
  assert.equal(itself.headers['content-type'], 'application/gzip')
})

test('a directory is its index file, and is asked for with a slash', async (t) => {
  const root = siteIn(tempDir(t), { 'a/index.html': 'one', 'b/main.htm': 'two', 'c/x': '' })
  const site = await serve(t, '--path', root, '--index', 'main.htm', '--index', 'index.html')
  assert.equal((await site.get('/a/')).text, 'one')
  assert.equal((await site.get('/b/')).text, 'two')
  assert.equal((await site.get('/c/')).status, 404)
  assert.equal((await site.get('/a/index.html/')).status, 404)
  const moved = await site.get('/a?x=1')
  assert.deepEqual([moved.status, moved.headers.location], [301, '/a/?x=1'])
  // No address of another host, whatever was asked for.
  for (const path of ['//a', '///a', '/./a', '/x/../a']) {
    assert.equal((await site.get(path)).headers.location, '/a/', path)
  }
})

test('a listing is there by option only, shows no dotfiles, and escapes names', async (t) => {
  const files = {
    'd/<b>&"\'.txt': 'x',
    'd/.secret': 'x',
    'd/e/f': 'x',
    'd/a:b': 'x',
    'i/index.html': 'i',
  }
  const root = siteIn(tempDir(t), files)
  symlinkSync('/', join(root, 'd', 'away'))
  assert.equal((await (await serve(t, '--path', root)).get('/d/')).status, 404)
  const site = await serve(t, '--path', root, '--listing')
  const { status, headers, text } = await site.get('/d/')
  assert.equal(status, 200)
  assert.equal(headers['content-type'], 'text/html; charset=utf-8')
  const links = [...text.matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)].map(([, ...each]) => each)
  assert.deepEqual(links, [
    ['../', '../'],
    ['./e/', 'e/'],
    ["./%3Cb%3E%26%22'.txt", '&lt;b&gt;&amp;&quot;&#39;.txt'],
    ['./a%3Ab', 'a:b'],
  ])
  assert.equal((await site.get(`/d/${links[2]?.[0]}`)).text, 'x')
  assert.equal((await site.get('/i/')).text, 'i')
})

test('names that begin with a dot are hidden, but for .well-known, unless an option says so', async (t) => {
  const files = { '.env': 'x', '.git/config': 'x', 'a/.b': 'x', '.well-known/security.txt': 'y' }
  const root = siteIn(tempDir(t), files)
  const site = await serve(t, '--path', root)
  for (const path of ['/.env', '/%2eenv', '/.git/config', '/.git', '/a/.b', '/x/../.env']) {
    assert.equal((await site.get(path)).status, 404, path)
  }
  assert.equal((await site.get('/.well-known/security.txt')).text, 'y')
  const open = await serve(t, '--path', root, '--dotfiles')
  assert.equal((await open.get('/.env')).text, 'x')
})

test('no path leaves the directory, by dots or links, unless an option says so', async (t) => {
  const dir = tempDir(t)
  const root = siteIn(join(dir, 'www'), { 'in.txt': 'in', 'd/x': 'x' })
  siteIn(dir, { 'out.txt': 'out', 'out/index.html': 'out', 'www-2/a': 'out' })
  const links = {
    'away.txt': '../out.txt',
    away: '../out',
    beside: '../www-2/a',
    'index.html': '/etc/hostname',
    'near.txt': 'in.txt',
    'x.txt.gz': '../out.txt',
    loop: 'loop',
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name))
  siteIn(root, { 'x.txt': 'in' })
  const site = await serve(t, '--path', root, '--listing')
  const outside = [
    '/../out.txt',
    '/%2e%2e/out.txt',
    '/..%2fout.txt',
    '/d/../../out.txt',
    '/..\\out.txt',
    '//../out.txt',
    '/away.txt',
    '/away',
    '/away/',
    '/away/index.html',
    '/beside',
    '/loop',
    '/in.txt%00.html',
    '/%',
    '/%zz',
    `/${'a'.repeat(5000)}`,
  ]
  for (const path of outside) {
    const { status, text } = await site.get(path)
    assert.ok(status === 404 || status === 400, `${path}: ${status}`)
    assert.doesNotMatch(text, /^out$/)
  }
  assert.equal((await site.get('/near.txt')).text, 'in')
  const x = await site.get('/x.txt', { 'accept-encoding': 'gzip' })
  assert.deepEqual([x.headers['content-encoding'], x.text], [undefined, 'in'])
  const front = await site.get('/')
  assert.doesNotMatch(front.text, /away|beside/)
  const open = await serve(t, '--path', root, '--follow-symlinks')
  assert.equal((await open.get('/away.txt')).text, 'out')
  assert.equal((await open.get('/away/')).text, 'out')
  assert.equal((await open.get('/../out.txt')).status, 404)
})

test('a link that is turned elsewhere leads there from then on, and not out', async (t) => {
  const dir = tempDir(t)
  const root = siteIn(join(dir, 'www'), { 'one/a': 'one', 'two/a': 'two' })
  siteIn(dir, { 'out/a': 'out' })
  const turn = (target: string): void => {
    rmSync(join(root, 'now'), { force: true })
    symlinkSync(target, join(root, 'now'))
  }
  turn('one')
  const site = await serve(t, '--path', root)
  assert.equal((await site.get('/now/a')).text, 'one')
  turn('two')
  assert.equal((await site.get('/now/a')).text, 'two')
  turn('../out')
  assert.equal((await site.get('/now/a')).status, 404)
})

test('what may not be read is forbidden, to a HEAD too', async (t) => {
  const files = { 'a.txt': 'a', 'd/index.html': 'd', 'b.txt': 'b', 'b.txt.gz': 'packed' }
  const root = siteIn(tempDir(t), files)
  for (const path of [root, join(root, 'b.txt')]) chmodSync(path, 0o755)
  for (const path of ['a.txt', 'd', 'b.txt.gz']) chmodSync(join(root, path), 0)
  const site = await serve(t, '--path', root)
  // Root may read everything.
  const isRoot = process.geteuid?.() === 0
  if (isRoot && noOtherUser) return t.skip(noOtherUser)
  if (isRoot) process.seteuid?.(65534)
  try {
    for (const path of ['/a.txt', '/d/', '/d/index.html']) {
      for (const method of ['GET', 'HEAD']) {
        const { status } = await site.get(path, {}, method)
        assert.equal(status, 403, `${method} ${path}`)
      }
    }
    assert.equal((await site.get('/b.txt')).text, 'b')
    // There is another way to answer it.
    assert.equal((await site.get('/b.txt', { 'accept-encoding': 'gzip' })).text, 'b')
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('a fifo or a socket is nothing, and is not waited for', async (t) => {
  const root = tempDir(t)
  execFileSync('mkfifo', [join(root, 'pipe')])
  const site = await serve(t, '--path', root)
  assert.equal((await site.get('/pipe')).status, 404)
})

test('other methods are not allowed, HEAD says what GET would', async (t) => {
  const site = await serve(t, '--path', siteIn(tempDir(t), { 'a.txt': 'hello' }))
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const { status, headers } = await site.get('/a.txt', {}, method)
    assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method)
  }
  const [get, head] = [await site.get('/a.txt'), await site.get('/a.txt', {}, 'HEAD')]
  const { date: _, ...said } = get.headers
  const { date: __, ...same } = head.headers
  assert.deepEqual(same, said)
  assert.equal(head.text, '')
  const none = await site.get('/none', {}, 'HEAD')
  assert.deepEqual([none.status, none.text], [404, ''])
})

test('what is not there is 404.html if there is one, and the index with --spa', async (t) => {
  const root = siteIn(tempDir(t), { 'index.html': 'app', '404.html': 'lost' })
  const plain = await serve(t, '--path', root)
  const lost = await plain.get('/some/where', { range: 'bytes=0-0', 'if-none-match': '*' })
  assert.deepEqual([lost.status, lost.text], [404, 'lost'])
  const spa = await serve(t, '--path', root, '--spa')
  const found = await spa.get('/some/where')
  assert.deepEqual([found.status, found.text], [200, 'app'])
  assert.equal((await spa.get('/some/where.js')).status, 404)
  const bare = await serve(t, '--path', tempDir(t), '--spa')
  assert.deepEqual((await bare.get('/x')).text, 'Not Found\n')
})

test('--add-header is in every answer, and is refused if it is none', async (t) => {
  const root = siteIn(tempDir(t), { 'a.txt': 'hello' })
  const words = ['X-Frame-Options: DENY', 'Cache-Control:public, max-age=60', 'x-a: 1', 'X-A: 2']
  const site = await serve(t, '--path', root, ...words.flatMap((each) => ['--add-header', each]))
  for (const path of ['/a.txt', '/none', '/a.txt/']) {
    const { headers } = await site.get(path)
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['cache-control'], 'public, max-age=60')
    assert.equal(headers['x-a'], '1, 2')
  }
  const varying = await serve(t, '--path', root, '--add-header', 'Vary: Origin')
  assert.equal((await varying.get('/a.txt')).headers.vary, 'Origin, Accept-Encoding')
  const whatHTTP2Forbids = ['Keep-Alive: timeout=5', 'Transfer-Encoding: chunked', 'Upgrade: h2c']
  for (const bad of ['nothing', ': x', 'a b: c', 'x: a\u0001', ...whatHTTP2Forbids]) {
    await assert.rejects(serve(t, '--path', root, '--add-header', bad), {
      code: 'ERR_USAGE',
      message: new RegExp(`^cannot use --add-header ${bad}: `),
    })
  }
})

test('a directory is needed, or an app', async (t) => {
  await assert.rejects(serve(t), {
    code: 'ERR_USAGE',
    message: 'option --path or --app is required',
  })
  // An empty variable does not publish the working directory.
  for (const name of ['path', 'app']) {
    const empty = { code: 'ERR_USAGE', message: `option --${name} is empty` }
    await assert.rejects(serve(t, `--${name}`, ''), empty)
  }
  const noLog = { code: 'ERR_USAGE', message: 'option --access-log is empty' }
  await assert.rejects(serve(t, '--path', '.', '--access-log', ''), noLog)
  const root = siteIn(tempDir(t), { 'a.txt': 'a' })
  for (const [name, reason] of [
    ['none', 'there is no such directory'],
    ['a.txt', 'it is no directory'],
  ] as const) {
    const path = join(root, name)
    await assert.rejects(serve(t, '--path', path), {
      code: 'ERR_WEB_PATH',
      message: `cannot serve ${path}: ${reason}`,
      exitStatus: 66,
    })
  }
})

test('what is of files only is refused with an app, by both names', async (t) => {
  const app = ['--app', appFile('plain.cjs')]
  for (const option of ['path=.', 'index=a', 'listing', 'dotfiles', 'follow-symlinks', 'spa']) {
    await assert.rejects(serve(t, ...app, `--${option}`), {
      code: 'ERR_USAGE',
      message: `cannot run web: options --${option.split('=')[0]} and --app exclude each other`,
    })
  }
  await assert.rejects(serve(t, ...app, '--trust-proxy', 'loopback'), {
    code: 'ERR_USAGE',
    message: 'option --trust-proxy with --app needs --access-log too',
  })
})
