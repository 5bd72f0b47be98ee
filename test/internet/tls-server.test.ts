import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import tls from 'node:tls'
import { Protocol, ServerFactory, serverFromString, strports, TLSServer } from '@runnerd/internet'
import { type PEMFiles, pemFiles } from '../helpers/pem-files.ts'
import { tempDir } from '../helpers/temp-dir.ts'
import { closed, connectTo, readAll } from './client.ts'

const greet = (socket: Socket): void => void socket.end('hello')

async function start(t: TestContext, server: TLSServer): Promise<number> {
  t.after(() => server.stopService())
  await server.startService()
  return server.address()?.port ?? 0
}

async function connect(port: number, { cert }: PEMFiles, more = {}): Promise<tls.TLSSocket> {
  const socket = tls.connect({ port, host: 'localhost', ca: readFileSync(cert), ...more })
  await once(socket, 'secureConnect')
  return socket
}

function endpoint({ key, cert }: PEMFiles, more = ''): string {
  return `ssl:0:interface=localhost:privateKey=${key}:certKey=${cert}${more}`
}

describe('TLSServer', () => {
  it('serves a function and a factory with TLS', async (t) => {
    const pem = pemFiles(tempDir(t))
    const options = { interface: 'localhost', privateKey: pem.key, certKey: pem.cert }
    const plain = await start(t, new TLSServer(0, greet, options))
    assert.equal(String(await readAll(await connect(plain, pem))), 'hello')
    class Tells extends Protocol {
      override dataReceived(data: Buffer): void {
        this.transport.write(`${data} from ${this.transport.getPeer().host}`)
        this.transport.loseConnection()
      }
    }
    class TellsFactory extends ServerFactory {
      override protocol = Tells
    }
    const server = new TLSServer(0, new TellsFactory(), options)
    const socket = await connect(await start(t, server), pem)
    socket.write('hi')
    assert.equal(String(await readAll(socket)), 'hi from 127.0.0.1')
    const [listener] = server.describe().listeners ?? []
    assert.equal(listener?.kind, 'tls')
    assert.equal(listener?.connections?.total, 1)
  })

  it('takes key and certificate from one file, server.pem if nothing else is said', async (t) => {
    const dir = tempDir(t)
    const pem = pemFiles(dir)
    writeFileSync(
      join(dir, 'server.pem'),
      readFileSync(pem.key, 'utf8') + readFileSync(pem.cert, 'utf8'),
    )
    const before = process.cwd()
    process.chdir(dir)
    const server = new TLSServer(0, greet, { interface: 'localhost' })
    const named = strports.service('tls:0:interface=localhost', greet)
    process.chdir(before)
    assert.equal(String(await readAll(await connect(await start(t, server), pem))), 'hello')
    assert.equal(
      String(await readAll(await connect(await start(t, named as TLSServer), pem))),
      'hello',
    )
  })

  it('agrees on a protocol of acceptableProtocols, refuses others, and lets in who asks for none', async (t) => {
    const pem = pemFiles(tempDir(t))
    const options = { interface: 'localhost', privateKey: pem.key, certKey: pem.cert }
    const acceptableProtocols = ['best', 'good']
    const port = await start(t, new TLSServer(0, greet, { ...options, acceptableProtocols }))
    for (const [asks, spoken] of [
      [['good', 'best'], 'best'],
      [['other', 'good'], 'good'],
      [undefined, false],
    ] as const) {
      const socket = await connect(port, pem, { ALPNProtocols: asks })
      assert.equal(socket.alpnProtocol, spoken)
      assert.equal(String(await readAll(socket)), 'hello')
    }
    await assert.rejects(
      connect(port, pem, { ALPNProtocols: ['other'] }),
      /no application protocol/,
    )
    const plain = await start(t, new TLSServer(0, greet, options))
    assert.equal((await connect(plain, pem, { ALPNProtocols: ['other'] })).alpnProtocol, false)
    const own = { ...options, acceptableProtocols, tls: { ALPNProtocols: ['other'] } }
    const other = await start(t, new TLSServer(0, greet, own))
    assert.equal((await connect(other, pem, { ALPNProtocols: ['other'] })).alpnProtocol, 'other')
  })

  it('sends what was written before it closes the connection, at a stop too', async (t) => {
    const pem = pemFiles(tempDir(t))
    // More than the system takes at once.
    const text = Buffer.alloc(20_000_000, 'x')
    const serve = (socket: Socket): void => void socket.write(text)
    const server = strports.service(endpoint(pem), serve, { closeTimeout: 20 }) as TLSServer
    const socket = await connect(await start(t, server), pem)
    await once(socket, 'readable')
    const stopped = server.stopService()
    assert.equal((await readAll(socket)).length, text.length)
    await stopped
  })

  it('goes on when a client speaks no TLS, or goes away in the middle of it', async (t) => {
    const pem = pemFiles(tempDir(t))
    const port = await start(t, strports.service(endpoint(pem), greet) as TLSServer)
    const rude = await connectTo(port)
    rude.write('GET / HTTP/1.1\r\n\r\n')
    await closed(rude)
    const brief = await connectTo(port)
    brief.write(Buffer.from('160301', 'hex'))
    brief.resetAndDestroy()
    await closed(brief)
    assert.equal(String(await readAll(await connect(port, pem))), 'hello')
  })

  it('speaks only the version of TLS that sslmethod names', async (t) => {
    const pem = pemFiles(tempDir(t))
    const service = strports.service(endpoint(pem, ':sslmethod=TLSv1_2_METHOD'), greet)
    const port = await start(t, service as TLSServer)
    const socket = await connect(port, pem)
    assert.equal(socket.getProtocol(), 'TLSv1.2')
    socket.destroy()
    await assert.rejects(connect(port, pem, { minVersion: 'TLSv1.3' }), {
      code: /PROTOCOL_VERSION/,
    })
  })

  it('sends the certificates of extraCertChain too', async (t) => {
    const dir = tempDir(t)
    const [pem, other] = [pemFiles(dir), pemFiles(dir, 'other')]
    const service = strports.service(endpoint(pem, `:extraCertChain=${other.cert}`), greet)
    const port = await start(t, service as TLSServer)
    // Not execFileSync: the server is in this process.
    const asking = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-showcerts'])
    asking.stdin.end()
    let all = ''
    for await (const chunk of asking.stdout) all += chunk
    assert.equal(all.match(/BEGIN CERTIFICATE/g)?.length, 2)
  })

  it('reads its files again when it starts again', async (t) => {
    const dir = tempDir(t)
    const [pem, renewed] = [pemFiles(dir), pemFiles(dir, 'renewed')]
    const server = strports.service(endpoint(pem), greet) as TLSServer
    await start(t, server)
    await server.stopService()
    cpSync(renewed.key, pem.key)
    cpSync(renewed.cert, pem.cert)
    const port = await start(t, server)
    const socket = await connect(port, renewed)
    assert.equal(socket.getPeerCertificate().subject.CN, 'renewed')
  })
})

describe('a key or certificate that can not be used', () => {
  it('is said when the endpoint is made, before anything is bound', (t) => {
    const dir = tempDir(t)
    const [pem, other] = [pemFiles(dir), pemFiles(dir, 'other')]
    const file = (name: string, text: string): string => {
      writeFileSync(join(dir, name), text)
      return join(dir, name)
    }
    const locked = join(dir, 'locked.pem')
    const pass = ['-aes128', '-passout', 'pass:secret']
    execFileSync('openssl', ['pkey', '-in', pem.key, ...pass, '-out', locked], { stdio: 'ignore' })
    const junk = file('junk.pem', 'junk')
    const weak = file(
      'weak.pem',
      execFileSync('openssl', ['dhparam', '512'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    )
    const nowhere = join(dir, 'nowhere.pem')
    const unreadable = 'ERR_TLS_FILE_UNREADABLE'
    const unusable = 'ERR_TLS_FILE_UNUSABLE'
    for (const [description, code, message] of [
      [
        endpoint({ ...pem, key: nowhere }),
        unreadable,
        `cannot read the private key ${nowhere}: no such file or directory`,
      ],
      [
        endpoint({ ...pem, cert: nowhere }),
        unreadable,
        `cannot read the certificate ${nowhere}: no such file or directory`,
      ],
      [
        endpoint({ ...pem, key: dir }),
        unreadable,
        `cannot read the private key ${dir}: illegal operation on a directory`,
      ],
      [
        endpoint({ ...pem, key: junk }),
        unusable,
        `cannot use the private key ${junk}: it holds no private key in PEM`,
      ],
      [
        endpoint({ ...pem, key: pem.cert }),
        unusable,
        `cannot use the private key ${pem.cert}: it holds no private key in PEM`,
      ],
      [
        endpoint({ ...pem, key: locked }),
        unusable,
        `cannot use the private key ${locked}: it needs a passphrase`,
      ],
      [
        endpoint({ ...pem, cert: junk }),
        unusable,
        `cannot use the certificate ${junk}: it holds no certificate in PEM`,
      ],
      [
        endpoint({ ...pem, cert: other.cert }),
        unusable,
        `cannot use the certificate ${other.cert}: ${pem.key} is the key of another`,
      ],
      [
        endpoint(pem, `:extraCertChain=${junk}`),
        unusable,
        `cannot use the certificate chain ${junk}: it holds no certificate in PEM`,
      ],
      [
        endpoint(pem, `:dhParameters=${weak}`),
        unusable,
        /^cannot use the Diffie-Hellman parameters .*weak\.pem: ./,
      ],
      [
        endpoint(pem, `:dhParameters=${junk}`),
        unusable,
        /^cannot use the Diffie-Hellman parameters .*junk\.pem: ./,
      ],
    ] as const) {
      assert.throws(() => serverFromString(description), { code, message }, description)
    }
  })
})
