import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import tls from 'node:tls'
import { type HTTPListener, HTTPServer, strports, TLSServer } from '@runnerd/internet'
import { certificate } from '../helpers/certificate.ts'
import { closed, connectTo, readAll } from './client.ts'
import { logLines } from './log-lines.ts'

interface Started {
  startService(): Promise<void>
  stopService(): Promise<void>
  address(): { port: number } | undefined
}

async function start(t: TestContext, service: Started): Promise<number> {
  t.after(() => service.stopService())
  await service.startService()
  return service.address()?.port ?? 0
}

const hold = (socket: Socket): void => void socket.write('hello')
const local = 'tcp:0:interface=localhost'

describe('maxConnections', () => {
  it('has more connections closed at once, said in the log and in the status', async (t) => {
    const service = strports.service(local, hold, { maxConnections: 2 })
    const port = await start(t, service)
    const { lines, end } = logLines()
    const held = [await connectTo(port), await connectTo(port)]
    for (const each of held) await once(each, 'data')
    for (let each = 0; each < 3; each += 1)
      assert.equal(String(await readAll(await connectTo(port))), '')
    const { bytesIn, bytesOut, ...counts } = service.describe().listeners?.[0]?.connections ?? {}
    assert.deepEqual(counts, { open: 2, total: 2, most: 2, refused: 3 })
    assert.deepEqual(lines, ['[-] Closed a new connection: there are 2 already'])
    held[0]?.destroy()
    await closed(held[0] as Socket)
    // The server may hear of it a moment later.
    let next = await connectTo(port)
    while ((await Promise.race([once(next, 'data'), closed(next)])) === undefined)
      next = await connectTo(port)
    for (const each of [...held, next]) each.destroy()
    await service.stopService()
    end()
    const { refused } = service.describe().listeners?.[0]?.connections ?? {}
    assert.equal(refused, undefined)
    assert.match(lines.join('\n'), /Closed \d+ new connections: there are 2 already/)
  })
})

describe('timeout', () => {
  it('has a connection closed that is silent for so long, and no other', async (t) => {
    const echo = (socket: Socket): void => void socket.pipe(socket)
    const service = strports.service(local, echo, { timeout: 1.5 })
    const port = await start(t, service)
    const { lines, end } = logLines()
    const busy = await connectTo(port)
    const silent = await connectTo(port)
    silent.resume()
    let isClosed = false
    const gone = closed(silent).then(() => {
      isClosed = true
    })
    while (!isClosed) {
      busy.write('x')
      await once(busy, 'data')
      await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 50))])
    }
    busy.write('y')
    await once(busy, 'data')
    busy.destroy()
    end()
    assert.equal(service.describe().listeners?.[0]?.connections?.timedOut, 1)
    assert.deepEqual(lines, ['[-] Closed a connection after 1.5 seconds without a byte'])
  })

  it('holds for connections with TLS', async (t) => {
    const pem = certificate()
    if (pem === undefined) return t.skip('openssl is not installed')
    const server = new TLSServer(0, hold, { interface: 'localhost', timeout: 0.2, tls: pem })
    const port = await start(t, server)
    const socket = tls.connect({ port, host: 'localhost', ca: pem.cert })
    socket.resume()
    await closed(socket)
    assert.equal(server.describe().listeners?.[0]?.connections?.timedOut, 1)
  })

  it('holds for requests whose answer does not come', async (t) => {
    const server = new HTTPServer(local, () => {}, { timeout: 0.2 })
    const port = await start(t, server)
    const asked = get({ port, host: '127.0.0.1' })
    await assert.rejects(once(asked, 'response'), { code: 'ECONNRESET' })
    assert.equal(server.describe().listeners?.[0]?.connections?.timedOut, 1)
  })

  it('lets a client read slowly what was written to it in one go', async (t) => {
    const bytes = 60_000_000
    const listener: HTTPListener = (_request, response) => response.end(Buffer.alloc(bytes))
    const server = new HTTPServer(local, listener, { timeout: 1 })
    const port = await start(t, server)
    const [response] = await once(get({ port, host: '127.0.0.1' }), 'response')
    let read = 0
    let parts = 0
    for await (const chunk of response) {
      read += chunk.length
      // A megabyte at a time, which takes longer than the timeout in all.
      if (read < ++parts * 1_000_000) parts -= 1
      else if (parts <= 20) await new Promise((resolve) => setTimeout(resolve, 100))
    }
    assert.equal(read, bytes)
  })

  it('is for a connection that was upgraded as its new protocol sets it', {
    timeout: 60_000,
  }, async (t) => {
    const upgraded: Duplex[] = []
    const server = new HTTPServer(local, () => {}, {
      timeout: 0.2,
      upgrade(request, socket) {
        upgraded.push(socket)
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
        )
        // As `ws` does.
        if (request.url === '/lasts') (socket as Socket).setTimeout(0)
      },
    })
    const port = await start(t, server)
    const headers = { connection: 'upgrade', upgrade: 'x' }
    const [lasts, ends] = await Promise.all(
      ['/lasts', '/ends'].map(async (path) => {
        const asked = get({ port, host: '127.0.0.1', path, headers })
        const [, socket] = await once(asked, 'upgrade')
        return socket.resume() as Socket
      }),
    )
    await once(ends as Socket, 'close')
    // One that is looked at together with the others, and came after them.
    await closed(await connectTo(port))
    assert.equal(server.describe().listeners?.[0]?.connections?.timedOut, 2)
    assert.deepEqual(
      upgraded.map(({ destroyed }) => destroyed),
      [false, true],
    )
    lasts?.destroy()
  })
})
