import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import tls from 'node:tls'
import { clientFromString, quoteStringArgument } from '@runnerd/internet'
import { checkClientString } from '@runnerd/internet/endpoints'
import fc from 'fast-check'
import { certificate } from '../helpers/certificate.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { readAll } from './client.ts'

/** Listens until the test is over. @returns its port */
async function serve(t: TestContext, server: Server, path?: string): Promise<number> {
  server.on('tlsClientError', () => {})
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const hello = (socket: Socket): void => void socket.end('hello')
const from = (socket: Socket): void => void socket.end(String(socket.remoteAddress))

async function textFrom(description: string): Promise<string> {
  return String(await readAll(await clientFromString(description).connect(() => {})))
}

function refuses(description: string, message: string, hint?: string): void {
  const expected = { code: 'ERR_USAGE', message: `cannot use ${description}: ${message}`, hint }
  assert.throws(() => clientFromString(description), expected)
  assert.throws(() => checkClientString(description), expected)
}

/** Texts with many of the characters that mean something. */
const text = fc.string({
  unit: fc.oneof(fc.constantFrom(':', '=', '\\'), fc.string({ maxLength: 1 })),
})
const word = fc.constantFrom(
  ...['host', 'port', 'timeout', 'bindAddress', 'path', 'lockfile', 'hostname', '__proto__'],
)
const description = fc.oneof(
  text,
  fc.tuple(fc.constantFrom('tcp', 'tls', 'ssl', 'unix', 'probe'), text).map((all) => all.join(':')),
  fc
    .tuple(fc.constantFrom('tcp:h:80', 'tls:h:80', 'ssl:h:80', 'unix:/x'), word, text)
    .map(([first, name, value]) => `${first}:${name}=${value}`),
)

describe('clientFromString', () => {
  it('clientFromString connects to tcp: by places and by names, as Twisted', async (t) => {
    const port = await serve(t, net.createServer(from))
    for (const words of [
      `127.0.0.1:${port}`,
      `host=127.0.0.1:${port}`,
      `${port}:host=127.0.0.1`,
      `127.0.0.1:port=${port}`,
      `port=${port}:host=127.0.0.1:timeout=0`,
      `127.0.0.1:${port}:5`,
    ]) {
      assert.equal(await textFrom(`tcp:${words}`), '127.0.0.1', words)
    }
    assert.equal(await textFrom(`tcp:127.0.0.1:${port}:bindAddress=127.0.0.3`), '127.0.0.3')
  })

  it('clientFromString takes an address of IPv6 with its colons escaped', async (t) => {
    const server = net.createServer(hello).listen(0, '::1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    assert.equal(await textFrom(String.raw`tcp:\:\:1:${port}`), 'hello')
  })

  it('clientFromString connects to unix:', async (t) => {
    const path = join(tempDir(t), 'a:b.sock')
    await serve(t, net.createServer(hello), path)
    const quoted = quoteStringArgument(path)
    for (const words of [quoted, `path=${quoted}`, `${quoted}:timeout=5:lockfile=1`]) {
      assert.equal(await textFrom(`unix:${words}`), 'hello')
    }
  })

  it('clientFromString tells where as a string that it takes', () => {
    for (const text of [
      'tcp:localhost:80',
      String.raw`tcp:\:\:1:80`,
      'unix:/run/x.sock',
      'tls:localhost:443',
    ]) {
      assert.equal(String(clientFromString(text)), text)
    }
    const over = clientFromString(String.raw`tls:localhost:443:endpoint=unix\:/run/x.sock`)
    assert.equal(String(over), 'unix:/run/x.sock with TLS')
  })

  it('clientFromString refuses what is wrong, naming the part', () => {
    refuses('tcp', 'the host is missing')
    refuses('tcp:localhost', 'the port is missing')
    refuses('tcp:localhost:x', 'the port must be a number from 1 to 65535, not x')
    refuses('tcp:localhost:99999', 'the port must be a number from 1 to 65535, not 99999')
    refuses('tcp:localhost:0', 'the port must be a number from 1 to 65535, not 0')
    refuses('tcp:localhost:80:timeout=soon', 'the timeout must be a number, not soon')
    refuses(
      'tcp:localhost:80:timeout=2147484',
      'the timeout must be from 0 to 2147483 seconds, not 2147484',
    )
    refuses('tcp:localhost:80:bindAddress=here', 'the bindAddress must be an IP address, not here')
    refuses('tcp:::1:80', 'the host is missing', String.raw`a ':' in a value is written '\:'`)
    refuses(
      'tcp:localhost:80:interface=x',
      'unknown keyword interface; tcp: takes host, port, timeout and bindAddress',
    )
    refuses('unix:', 'the path is missing')
    refuses('unix:/x:lockfile=2', 'the lockfile must be 0 or 1, not 2')
    refuses('tls:localhost:443:privateKey=k.pem', 'a privateKey needs a certificate')
    refuses('ssl:localhost:443:privateKey=k.pem', 'a privateKey needs a certKey')
    const message = 'cannot use fd:3: there is no endpoint type fd'
    const hint = 'there are tcp, tls, ssl, unix'
    assert.throws(() => clientFromString('fd:3'), { code: 'ERR_USAGE', message, hint })
    // It may be a dropin's.
    assert.equal(checkClientString('fd:3'), 'fd')
    refuses('80', 'there is no endpoint type 80', 'tcp:80 is a port')
  })

  it('clientFromString makes an endpoint or a usage error of one line, whatever it is', () => {
    fc.assert(
      fc.property(description, (each) => {
        try {
          clientFromString(each)
        } catch (error) {
          const { code, message } = error as NodeJS.ErrnoException
          assert.equal(code, 'ERR_USAGE')
          assert.match(message, /^cannot use .+: .+$/)
          return
        }
        assert.equal(checkClientString(each), undefined)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('clientFromString with TLS', () => {
  const keys = certificate()
  const stranger = certificate()
  const skip = keys === undefined ? 'openssl(1) is not there' : false

  /** Files with a key and certificate, and those of somebody else. */
  function files(t: TestContext): string {
    const dir = tempDir(t)
    writeFileSync(join(dir, 'cert.pem'), keys?.cert ?? '')
    writeFileSync(join(dir, 'key.pem'), keys?.key ?? '')
    writeFileSync(join(dir, 'both.pem'), `${keys?.cert}${keys?.key}`)
    mkdirSync(join(dir, 'roots'))
    writeFileSync(join(dir, 'roots', 'a.pem'), 'no certificate')
    writeFileSync(join(dir, 'roots', 'b.PEM'), `of us:\n${keys?.cert}`)
    writeFileSync(join(dir, 'roots', 'c.txt'), stranger?.cert ?? '')
    return quoteStringArgument(dir)
  }

  it('clientFromString trusts those in a file or a directory', { skip }, async (t) => {
    const dir = files(t)
    const port = await serve(t, tls.createServer({ ...keys }, hello))
    for (const roots of ['cert.pem', 'roots']) {
      assert.equal(await textFrom(`tls:localhost:${port}:trustRoots=${dir}/${roots}`), 'hello')
    }
    assert.equal(await textFrom(`ssl:localhost:${port}:caCertsDir=${dir}/roots`), 'hello')
    await assert.rejects(textFrom(`tls:localhost:${port}`), /self-signed certificate/)
    await assert.rejects(textFrom(`ssl:localhost:${port}`), /self-signed certificate/)
    const other = `tls:127.0.0.1:${port}:trustRoots=${dir}/roots`
    await assert.rejects(textFrom(other), /127\.0\.0\.1 is not in the cert's list/)
    const named = `ssl:127.0.0.1:${port}:caCertsDir=${dir}/roots:hostname=localhost`
    assert.equal(await textFrom(named), 'hello')
  })

  it('clientFromString shows its own certificate to who asks', { skip }, async (t) => {
    const dir = files(t)
    const server = tls.createServer(
      { ...keys, requestCert: true, rejectUnauthorized: true, ca: keys?.cert ?? '' },
      hello,
    )
    const port = await serve(t, server)
    const start = `tls:localhost:${port}:trustRoots=${dir}/roots`
    const own = `certificate=${dir}/cert.pem:privateKey=${dir}/key.pem`
    assert.equal(await textFrom(`${start}:${own}`), 'hello')
    assert.equal(await textFrom(`${start}:certificate=${dir}/both.pem`), 'hello')
    await assert.rejects(textFrom(start), /certificate required|reset/)
  })

  it('clientFromString speaks TLS over another endpoint', { skip }, async (t) => {
    const dir = files(t)
    const path = join(tempDir(t), 'x.sock')
    await serve(t, tls.createServer({ ...keys }, hello), path)
    const below = quoteStringArgument(`unix:${quoteStringArgument(path)}`)
    assert.equal(
      await textFrom(`tls:localhost:443:trustRoots=${dir}/roots:endpoint=${below}`),
      'hello',
    )
    const bad = String.raw`tls:localhost:443:endpoint=tcp\:localhost\:x`
    const message = 'cannot use tcp:localhost:x: the port must be a number from 1 to 65535, not x'
    assert.throws(() => clientFromString(bad), { message })
    assert.throws(() => checkClientString(bad), { message })
  })

  it('clientFromString says which file it cannot read or use, before it connects', {
    skip,
  }, (t) => {
    const dir = tempDir(t)
    const inDir = files(t)
    const says = (words: string, code: string, message: string): void => {
      assert.throws(() => clientFromString(`tls:localhost:443:${words}`), { code, message })
    }
    says(
      `trustRoots=${dir}/nowhere`,
      'ERR_TLS_FILE_UNREADABLE',
      `cannot read the trusted certificates ${dir}/nowhere: no such file or directory`,
    )
    says(
      `trustRoots=${dir}`,
      'ERR_TLS_FILE_UNUSABLE',
      `cannot use the trusted certificates ${dir}: it holds no certificate in PEM`,
    )
    says(
      `certificate=${inDir}/cert.pem`,
      'ERR_TLS_FILE_UNUSABLE',
      `cannot use the private key ${inDir}/cert.pem: it holds no private key in PEM`,
    )
  })
})
