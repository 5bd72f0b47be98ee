import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import tls from 'node:tls'
import { checkPlugin } from '@runnerd/testkit'
import { freePort } from '../../helpers/free-port.ts'
import { ourPlugins } from '../../helpers/paths.ts'
import { pemFiles } from '../../helpers/pem-files.ts'
import { tempDir } from '../../helpers/temp-dir.ts'
import { all, client, closed, forwarding, listening } from './peers.ts'

describe('portforward', () => {
  it('is a sound plugin', async () => {
    const args = ['--port', '0', '--destination', 'tcp:localhost:1']
    await checkPlugin(join(ourPlugins, 'portforward', 'dist', 'plugin.js'), { args })
  })

  it('has the client end first, and get its answer after that', async (t) => {
    const destination = await listening(t)
    const { port, line } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`)
    const socket = client(t, port)
    socket.end('?')
    const served = await destination.next()
    assert.equal(await all(served), '?')
    served.end('answer')
    assert.equal(await all(socket), 'answer')
    await closed(socket)
    assert.match(
      await line(/done with/),
      /^\[portforward\] done with 127\.0\.0\.1:\d+: 1 byte there, 6 back, in \d+\.\d seconds$/,
    )
  })

  it('has the destination end first, and hear the rest after that', async (t) => {
    const destination = await listening(t)
    const { port } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`)
    const socket = client(t, port)
    const served = await destination.next()
    served.end('greeting')
    assert.equal(await all(socket), 'greeting')
    socket.end('the rest')
    assert.equal(await all(served), 'the rest')
  })

  it('keeps each direction of TLS on both sides open by itself', async (t) => {
    const files = pemFiles(tempDir(t))
    const [key, cert] = [readFileSync(files.key), readFileSync(files.cert)]
    const server = tls.createServer({ key, cert, allowHalfOpen: true })
    const destination = await listening(t, server, 0, 'secureConnection')
    const { port } = await forwarding(
      t,
      `tls:localhost:${destination.port}:trustRoots=${files.cert}`,
      {
        port: undefined,
        listen: [`ssl:0:interface=127.0.0.1:privateKey=${files.key}:certKey=${files.cert}`],
      },
    )
    const options = { port, servername: 'localhost', ca: cert, allowHalfOpen: true }
    for (const first of ['client', 'destination'] as const) {
      const socket = tls.connect({ ...options })
      t.after(() => socket.destroy())
      await once(socket, 'secureConnect')
      const served = await destination.next()
      const [one, other] = first === 'client' ? [socket, served] : [served, socket]
      one.end('question')
      assert.equal(await all(other), 'question')
      other.end('answer')
      assert.equal(await all(one), 'answer')
    }
  })

  it('reads from a client no faster than the destination does', async (t) => {
    const destination = await listening(t)
    const { port } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`)
    const socket = client(t, port)
    const length = 64 * 2 ** 20
    socket.end(Buffer.alloc(length))
    const served = await destination.next()
    const echo = client(t, port)
    const echoing = await destination.next()
    echoing.pipe(echoing)
    // Held back is what makes no headway while others do.
    for (let still = 0, before = -1; still < 200; still += 1) {
      if (socket.writableLength + socket.bytesWritten !== before) still = 0
      before = socket.writableLength + socket.bytesWritten
      echo.write('x')
      await once(echo, 'data')
    }
    assert.equal(socket.writableFinished, false)
    let got = 0
    served.on('data', (data) => {
      got += data.length
    })
    await once(served, 'end')
    assert.equal(got, length)
  })

  it('breaks one side when the other breaks, and says why in plain words', async (t) => {
    const destination = await listening(t)
    const { port, line } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`)
    for (const first of ['client', 'destination'] as const) {
      const socket = client(t, port)
      const served = await destination.next()
      const [one, other] = first === 'client' ? [socket, served] : [served, socket]
      one.write('half of it')
      await once(other, 'data')
      one.resetAndDestroy()
      assert.equal(await closed(other), 'ECONNRESET')
    }
    await line(/done with .*: 0 bytes there, 10 back, in .* seconds: connection reset by peer$/)
  })

  it('breaks a client when the TLS of the destination breaks', async (t) => {
    const files = pemFiles(tempDir(t))
    const [key, cert] = [readFileSync(files.key), readFileSync(files.cert)]
    const server = tls.createServer({ key, cert })
    const raw = once(server, 'connection')
    const destination = await listening(t, server, 0, 'secureConnection')
    const there = `tls:localhost:${destination.port}:trustRoots=${files.cert}`
    const { port, line } = await forwarding(t, there)
    const socket = client(t, port)
    const served = await destination.next()
    served.write('half of it')
    await once(socket, 'data')
    // A record that nobody has the key of.
    const [below] = (await raw) as [net.Socket]
    below.write(Buffer.concat([Buffer.from([0x17, 3, 3, 0, 32]), Buffer.alloc(32)]))
    assert.equal(await closed(socket), 'ECONNRESET')
    await line(/done with .*: 0 bytes there, 10 back, in .* seconds: \S/)
  })

  it('forwards 1,000 connections at once, each with what is its own', async (t) => {
    const server = net.createServer((socket) => socket.pipe(socket))
    const destination = await listening(t, server)
    const { port } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`)
    const sockets: net.Socket[] = []
    // No more at a time than the queue of listen(2) takes.
    for (let n = 0; n < 1000; n += 100) {
      const more = Array.from({ length: 100 }, () => client(t, port))
      await Promise.all(
        more.map((socket, at) => {
          socket.write(`${n + at}`)
          return once(socket, 'data').then(([data]) => assert.equal(String(data), `${n + at}`))
        }),
      )
      sockets.push(...more)
    }
    const texts = sockets.map((socket) => {
      socket.end('of 1,000')
      return all(socket)
    })
    for (const text of await Promise.all(texts)) assert.equal(text, 'of 1,000')
  })

  it('forwards to a UNIX socket, and from IPv6', async (t) => {
    const path = join(tempDir(t), 'there.sock')
    const destination = await listening(t, undefined, path)
    const { port } = await forwarding(t, `unix:${path}`, {
      port: undefined,
      listen: [String.raw`tcp6:0:interface=\:\:1`],
    })
    const socket = client(t, port, '::1')
    socket.end('hello')
    const served = await destination.next()
    assert.equal(await all(served), 'hello')
    served.end()
    assert.equal(await all(socket), '')
  })
})

describe('a destination that is not there', () => {
  it('is tried again until it is, and the client loses nothing', async (t) => {
    const there = await freePort()
    const { port, line } = await forwarding(t, `tcp:127.0.0.1:${there}`)
    const socket = client(t, port)
    socket.end('patience')
    const reason = `cannot connect to tcp:127.0.0.1:${there}: connection refused`
    assert.equal(await line(/cannot/), `[portforward] ${reason}`)
    const destination = await listening(t, undefined, there)
    const served = await destination.next()
    assert.equal(await all(served), 'patience')
    served.end('rewarded')
    assert.equal(await all(socket), 'rewarded')
    await line(/answers again/)
  })

  it('is tried for --connect-timeout, and then the client is hung up on', async (t) => {
    const there = await freePort()
    const options = { 'connect-timeout': 0.3 }
    const { port, log, line } = await forwarding(t, `tcp:127.0.0.1:${there}`, options)
    const sockets = [client(t, port), client(t, port)]
    for (const socket of sockets) await closed(socket)
    await line(/hung up on .*: cannot connect to .*: connection refused$/)
    // It is the same for all of them: said once.
    assert.equal(log().filter((each) => each.startsWith('[portforward] cannot')).length, 1)
  })

  it('is said to have timed out when it does not answer', async (t) => {
    // It has no TLS to offer, and says nothing.
    const destination = await listening(t)
    const there = `tls:localhost:${destination.port}`
    const { port, log, line } = await forwarding(t, there, { 'connect-timeout': 0.3 })
    for (const socket of [client(t, port), client(t, port)]) await closed(socket)
    await line(/hung up on .*: cannot connect to tls:localhost:\d+: timed out$/)
    assert.equal(log().filter((each) => each.startsWith('[portforward] cannot')).length, 1)
  })

  it('is tried once with --no-retry', async (t) => {
    const options = { retry: false, 'connect-timeout': 600 }
    const { port, line } = await forwarding(t, `tcp:127.0.0.1:${await freePort()}`, options)
    await closed(client(t, port))
    await line(/hung up on/)
  })

  it('is not tried again when it can not be trusted', async (t) => {
    const files = pemFiles(tempDir(t))
    const [key, cert] = [readFileSync(files.key), readFileSync(files.cert)]
    const destination = await listening(t, tls.createServer({ key, cert }))
    const options = { 'connect-timeout': 600 }
    const { port, line } = await forwarding(t, `tls:localhost:${destination.port}`, options)
    await closed(client(t, port))
    assert.match(await line(/hung up on/), /self-signed certificate/)
  })

  it('is given up when the client goes', async (t) => {
    const options = { 'connect-timeout': 600 }
    const { port, line } = await forwarding(t, `tcp:127.0.0.1:${await freePort()}`, options)
    const socket = client(t, port)
    await line(/cannot connect/)
    socket.resetAndDestroy()
    assert.match(await line(/hung up/), /it went before it was connected$/)
  })
})

describe('limits', () => {
  it('of --timeout close both ends of a silent connection', async (t) => {
    const destination = await listening(t)
    const { port } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`, { timeout: 0.2 })
    const socket = client(t, port)
    const served = await destination.next()
    await Promise.all([closed(socket), closed(served)])
  })

  it('of --max-connections close those that are too many', async (t) => {
    const destination = await listening(t)
    const options = { 'max-connections': 1 }
    const { port } = await forwarding(t, `tcp:127.0.0.1:${destination.port}`, options)
    const [first] = [client(t, port), await destination.next()]
    await closed(client(t, port))
    first.write('still there')
    assert.equal(first.destroyed, false)
  })
})

describe('a stop', () => {
  it('breaks what is open, and gives up what is being connected', async (t) => {
    const destination = await listening(t)
    const forwarder = await forwarding(t, `tcp:127.0.0.1:${destination.port}`)
    const socket = client(t, forwarder.port)
    const served = await destination.next()
    const lost = await forwarding(t, `tcp:127.0.0.1:${await freePort()}`, {
      'connect-timeout': 600,
    })
    const waiting = client(t, lost.port)
    await lost.line(/cannot connect/)
    const ends = [closed(socket), closed(served), closed(waiting)]
    await Promise.all([forwarder.stop(), lost.stop()])
    assert.equal((await Promise.all(ends))[1], 'ECONNRESET')
  })
})

for (const [destination, reason] of [
  ['8080', 'there is no endpoint type 8080'],
  ['tcp:localhost', 'the port is missing'],
  ['tcp:localhost:99999', 'the port must be a number from 1 to 65535, not 99999'],
  [
    'tcp:localhost:80:mode=600',
    'unknown keyword mode; tcp: takes host, port, timeout and bindAddress',
  ],
] as const) {
  it(`--destination ${destination} is refused by the part that is wrong`, async (t) => {
    await assert.rejects(forwarding(t, destination), {
      code: 'ERR_USAGE',
      message: `cannot use ${destination}: ${reason}`,
    })
  })
}
