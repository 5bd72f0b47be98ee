import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { ftpServer, withAnna } from '../../helpers/ftp-server.ts'
import { hasCommand } from '../../helpers/has-command.ts'
import { pemFiles } from '../../helpers/pem-files.ts'
import { tempDir } from '../../helpers/temp-dir.ts'

const run = promisify(execFile)
const skip = (name: string): string | false => (hasCommand(name) ? false : `${name} is not there`)

/** The server runs in this process, so a client must not hold it up. */
async function client(command: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await run(command, args, { cwd, env: { ...process.env, HOME: cwd } })
  return stdout
}

async function serving(t: TestContext, ...more: string[]) {
  const server = await ftpServer(t, withAnna(t, ...more))
  const cwd = tempDir(t)
  const bytes = randomBytes(300_000)
  writeFileSync(join(cwd, 'bytes'), bytes)
  return { ...server, cwd, bytes }
}

for (const passive of ['on', 'off']) {
  const way = passive === 'on' ? 'passive' : 'active'
  test(`lftp, ${way}: list, get, resume, put, rename, make and remove`, {
    skip: skip('lftp'),
  }, async (t) => {
    const { port, root, cwd, bytes } = await serving(t)
    writeFileSync(join(root, 'bytes'), bytes)
    writeFileSync(join(cwd, 'part'), bytes.subarray(0, 100_000))
    writeFileSync(join(root, 'half'), bytes.subarray(0, 150_000))
    const script = [
      `set ftp:passive-mode ${passive}; set net:max-retries 1; set cmd:fail-exit yes`,
      `open -u anna,secret ftp://127.0.0.1:${port}`,
      'cls -1; ls sub; get poem.txt; get -c bytes -o part; put bytes -o new; put -c bytes -o half',
      'mv new renamed; mkdir made; rmdir made; rm poem.txt; pwd; quit',
    ]
    const out = await client('lftp', ['-c', script.join('; ')], cwd)
    assert.match(out, /^\.hidden\nbytes\nhalf\npoem\.txt\nsub\/\n/)
    assert.match(out, /deep\.txt/)
    assert.equal(readFileSync(join(cwd, 'poem.txt'), 'utf8'), 'a poem\nof two lines\n')
    assert.deepEqual(readFileSync(join(cwd, 'part')), bytes)
    assert.deepEqual(readFileSync(join(root, 'half')), bytes)
    assert.deepEqual(readFileSync(join(root, 'renamed')), bytes)
    assert.deepEqual(readdirSync(root).sort(), ['.hidden', 'bytes', 'half', 'renamed', 'sub'])
  })
}

test('lftp mirrors 1,000 files there and back', { skip: skip('lftp') }, async (t) => {
  const { port, root, cwd } = await serving(t)
  const names = Array.from({ length: 1000 }, (_, n) => `file ${n} ü.txt`)
  mkdirSync(join(root, 'many'))
  for (const name of names) writeFileSync(join(root, 'many', name), name)
  // Else it has the charset of whoever runs the tests.
  const charset = 'set ftp:charset UTF-8; set file:charset UTF-8'
  const open = `${charset}; set net:max-retries 1; open -u anna,secret ftp://127.0.0.1:${port}`
  const both = 'mirror -P4 many here; mirror -R -P4 here again; quit'
  await client('lftp', ['-c', `${open}; ${both}`], cwd)
  for (const dir of [join(cwd, 'here'), join(root, 'again')]) {
    assert.deepEqual(readdirSync(dir).sort(), [...names].sort())
    for (const name of names) assert.equal(readFileSync(join(dir, name), 'utf8'), name)
  }
})

test('lftp with TLS, on both connections', { skip: skip('lftp') || skip('openssl') }, async (t) => {
  const { key, cert } = pemFiles(tempDir(t))
  const tls = ['--certificate', cert, '--key', key, '--require-tls']
  const { port, root, cwd, bytes } = await serving(t, ...tls)
  const script = [
    `set ssl:ca-file ${cert}; set ftp:ssl-force yes; set ftp:ssl-protect-data yes`,
    'set net:max-retries 1; set cmd:fail-exit yes',
    `open -u anna,secret ftp://localhost:${port}`,
    'cls -1; put bytes -o new; get new -o back; quit',
  ]
  assert.match(await client('lftp', ['-c', script.join('; ')], cwd), /poem\.txt\n/)
  assert.deepEqual(readFileSync(join(root, 'new')), bytes)
  assert.deepEqual(readFileSync(join(cwd, 'back')), bytes)
  const clear = `set ftp:ssl-allow no; set net:max-retries 1; open -u anna,secret ftp://localhost:${port}; cls; quit`
  await assert.rejects(client('lftp', ['-c', clear], cwd), /Use AUTH TLS first/)
})

test('curl: list, get, ranges, put, resume, rename and delete', {
  skip: skip('curl'),
}, async (t) => {
  const { port, root, cwd, bytes } = await serving(t)
  const there = `ftp://127.0.0.1:${port}`
  const mine = `ftp://anna:secret@127.0.0.1:${port}`
  const curl = (...args: string[]): Promise<string> => client('curl', ['-sS', ...args], cwd)
  assert.equal(await curl('--list-only', `${there}/`), 'poem.txt\nsub\n')
  assert.equal(await curl(`${there}/sub/deep.txt`), 'deep\n')
  assert.equal(await curl('--disable-epsv', `${there}/sub/deep.txt`), 'deep\n')
  assert.equal(await curl('-P', '127.0.0.1', `${there}/sub/deep.txt`), 'deep\n')
  assert.equal(await curl('-P', '127.0.0.1', '--disable-eprt', `${there}/sub/deep.txt`), 'deep\n')
  assert.equal(await curl('-r', '2-3', `${there}/sub/deep.txt`), 'ep')
  assert.match(await curl('-I', `${there}/sub/deep.txt`), /Content-Length: 5\r?\n/)
  await curl('-T', 'bytes', `${mine}/sub/new`)
  assert.deepEqual(readFileSync(join(root, 'sub', 'new')), bytes)
  writeFileSync(join(root, 'half'), bytes.subarray(0, 1000))
  await curl('-C', '-', '-T', 'bytes', `${mine}/half`)
  assert.deepEqual(readFileSync(join(root, 'half')), bytes)
  await curl('-T', 'bytes', '--ftp-create-dirs', `${mine}/a/b/c`)
  assert.deepEqual(readFileSync(join(root, 'a', 'b', 'c')), bytes)
  await curl('-Q', 'RNFR half', '-Q', 'RNTO whole', '-Q', 'DELE sub/new', `${mine}/`)
  assert.deepEqual(readdirSync(root).sort(), ['.hidden', 'a', 'poem.txt', 'sub', 'whole'])
  await assert.rejects(curl(`${there}/none`), { code: 78 })
  await assert.rejects(curl('-T', 'bytes', `${there}/none`), { code: 25 })
  await assert.rejects(curl(`ftp://anna:wrong@127.0.0.1:${port}/`), { code: 67 })
})

test('curl with TLS from the first byte, by an endpoint string, or by AUTH TLS', {
  skip: skip('curl') || skip('openssl'),
}, async (t) => {
  const { key, cert } = pemFiles(tempDir(t))
  const endpoint = `ssl:0:interface=127.0.0.1:privateKey=${key}:certKey=${cert}`
  const root = await ftpServer(t, [])
  const cwd = tempDir(t)
  const { startService } = await import('@runnerd/testkit')
  const { ftp } = await import('@runnerd/ftp')
  const service = await startService(ftp, ['--listen', endpoint, '--root', root.root])
  t.after(() => service.stop())
  const { port } = service.address()
  const curl = (...args: string[]): Promise<string> =>
    client('curl', ['-sS', '--cacert', cert, '--ssl-reqd', ...args], cwd)
  assert.equal(await curl(`ftps://localhost:${port}/sub/deep.txt`), 'deep\n')
  assert.equal(await curl('--list-only', `ftps://localhost:${port}/`), 'poem.txt\nsub\n')
  const explicit = await ftpServer(t, ['--certificate', cert, '--key', key])
  assert.equal(await curl(`ftp://localhost:${explicit.port}/sub/deep.txt`), 'deep\n')
})

const PYTHON = `
import ftplib, io, ssl, sys
port, cert = int(sys.argv[1]), sys.argv[2]
ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=cert), timeout=20)
ftp.connect('localhost', port)
ftp.login('anna', 'secret')
ftp.prot_p()
print(ftp.getwelcome())
print(ftp.nlst())
print(sorted(name for name, facts in ftp.mlsd()))
data = bytes(range(256)) * 1000
print(ftp.storbinary('STOR new', io.BytesIO(data)))
back = io.BytesIO()
ftp.retrbinary('RETR new', back.write)
assert back.getvalue() == data
back = io.BytesIO()
ftp.retrbinary('RETR new', back.write, rest=255000)
assert back.getvalue() == data[255000:]
lines = []
ftp.retrlines('RETR poem.txt', lines.append)
print(lines, ftp.size('new'))
ftp.storlines('STOR lines', io.BytesIO(b'a\\nb\\n'))
ftp.rename('new', 'sub/renamed')
ftp.mkd('made')
ftp.cwd('made')
print(ftp.pwd())
ftp.cwd('..')
ftp.rmd('made')
ftp.delete('sub/renamed')
for set_passive in (False, True):
    ftp.set_pasv(set_passive)
    print(ftp.nlst('sub'))
connection = ftp.transfercmd('RETR poem.txt')
print(ftp.abort()[:3])
connection.close()
try:
    print(ftp.voidcmd('NOOP'))
except ftplib.error_reply as reply:
    print(str(reply)[:3])
ftp.close()
`

test("Python's ftplib with TLS: list, get, resume, put, rename, active, abort", {
  skip: skip('python3') || skip('openssl'),
}, async (t) => {
  const { key, cert } = pemFiles(tempDir(t))
  const { port, root, cwd } = await serving(t, '--certificate', cert, '--key', key)
  const out = await client('python3', ['-c', PYTHON, String(port), cert], cwd)
  const [welcome, names, mlsd, stored, lines, pwd, active, passive, abort] = out.split('\n')
  assert.match(welcome ?? '', /^220 /)
  assert.equal(names, "['.hidden', 'poem.txt', 'sub']")
  assert.equal(mlsd, "['.', '.hidden', 'poem.txt', 'sub']")
  assert.equal(stored, '226 Transfer complete.')
  assert.equal(lines, "['a poem', 'of two lines'] 256000")
  assert.equal(pwd, '/made')
  assert.equal(active, "['sub/deep.txt']")
  assert.equal(passive, active)
  assert.match(abort ?? '', /^[24]26$/)
  assert.equal(readFileSync(join(root, 'lines'), 'utf8'), 'a\nb\n')
})
