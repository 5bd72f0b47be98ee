import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http2, { type ClientHttp2Session } from 'node:http2'
import { request } from 'node:https'
import { describe, it, type TestContext } from 'node:test'
import { HTTPServer, type HTTPServerOptions } from '@runnerd/internet'
import { type PEMFiles, pemFiles } from '../helpers/pem-files.ts'
import { tempDir } from '../helpers/temp-dir.ts'

/** So that nothing else ends a connection in time. */
const patient = { keepAliveTimeout: 3600 }

type Handler = ConstructorParameters<typeof HTTPServer>[1]

interface Served {
  readonly server: HTTPServer
  readonly port: number
  readonly ca: Buffer
}

async function serve(
  t: TestContext,
  handler: Handler,
  options: HTTPServerOptions = {},
): Promise<Served> {
  const pem: PEMFiles = pemFiles(tempDir(t))
  const description = `ssl:0:interface=localhost:privateKey=${pem.key}:certKey=${pem.cert}`
  const server = new HTTPServer(description, handler, options)
  t.after(() => server.stopService())
  await server.startService()
  return { server, port: server.address()?.port ?? 0, ca: readFileSync(pem.cert) }
}

function session(t: TestContext, { port, ca }: Served): ClientHttp2Session {
  const client = http2.connect(`https://localhost:${port}`, { ca })
  client.on('error', () => {})
  t.after(() => client.destroy())
  return client
}

interface Answer {
  readonly status: number
  readonly headers: http2.IncomingHttpHeaders
  readonly text: string
}

async function ask(
  client: ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string,
): Promise<Answer> {
  const stream = client.request(headers, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  const [answered] = await once(stream, 'response')
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return { status: answered[':status'], headers: answered, text }
}

async function ask1(
  { port, ca }: Served,
  more = {},
): Promise<{ version: string; text: string; connection: string | undefined }> {
  const asked = request({ port, host: 'localhost', path: '/one', ca, agent: false, ...more })
  asked.end()
  const [answer] = await once(asked, 'response')
  let text = ''
  for await (const chunk of answer) text += chunk
  return { version: answer.httpVersion, text, connection: answer.headers.connection }
}

const tell: Handler = (request, response) => {
  response.end(`${request.httpVersion} ${request.method} ${request.url}`)
}

describe('HTTPServer on ssl:', () => {
  it('speaks HTTP/2 with who asks for it, and HTTP/1.1 with the others', async (t) => {
    const served = await serve(t, tell)
    const { text, status } = await ask(session(t, served), { ':path': '/two' })
    assert.deepEqual([status, text], [200, '2.0 GET /two'])
    for (const ALPNProtocols of [['http/1.1'], undefined]) {
      const { version, text: one } = await ask1(served, { ALPNProtocols })
      assert.deepEqual([version, one], ['1.1', '1.1 GET /one'])
    }
    assert.equal(served.server.describe().listeners?.[0]?.kind, 'tls')
  })

  it('speaks HTTP/1.1 alone where http2 is false', async (t) => {
    const served = await serve(t, tell, { http2: false })
    const { version } = await ask1(served, { ALPNProtocols: ['h2', 'http/1.1'] })
    assert.equal(version, '1.1')
    const client = session(t, served)
    await new Promise((resolve) => client.on('close', resolve))
    assert.ok(client.destroyed)
  })

  it('answers by an object with fetch, with the headers and the body of HTTP/2', async (t) => {
    const served = await serve(t, {
      async fetch(request) {
        const { method, url, headers } = request
        const text = [
          method,
          url.replace(/:\d+/, ''),
          headers.get('x-a'),
          await request.text(),
        ].join(' ')
        const answer = new Response(text, {
          status: 201,
          statusText: 'Made',
          headers: { 'x-b': 'b' },
        })
        answer.headers.append('set-cookie', 'a=1')
        answer.headers.append('set-cookie', 'b=2')
        return answer
      },
    })
    const client = session(t, served)
    const answer = await ask(client, { ':path': '/p?q', ':method': 'POST', 'x-a': 'a' }, 'body')
    assert.equal(answer.text, 'POST https://localhost/p?q a body')
    assert.equal(answer.status, 201)
    assert.equal(answer.headers['x-b'], 'b')
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
    assert.equal((await ask(client, { ':path': '/', ':method': 'HEAD' })).text, '')
  })

  it('leaves out what an answer of fetch says of a connection, as one passed on does', async (t) => {
    const headers = { 'keep-alive': 'timeout=5', 'transfer-encoding': 'chunked', 'x-a': 'a' }
    const client = session(t, await serve(t, { fetch: () => new Response('as ever', { headers }) }))
    const answer = await ask(client, { ':path': '/' })
    assert.deepEqual([answer.status, answer.text, answer.headers['x-a']], [200, 'as ever', 'a'])
    assert.equal(answer.headers['keep-alive'], undefined)
  })

  it('answers an error of fetch with 500, and has who is answered early send no more', async (t) => {
    const handler = {
      fetch: ({ method }: Request) => (method === 'POST' ? new Response('soon') : Response.error()),
    }
    const client = session(t, await serve(t, handler))
    assert.equal((await ask(client, { ':path': '/' })).status, 500)
    const upload = client.request({ ':path': '/', ':method': 'POST' })
    upload.write(Buffer.alloc(1_000_000))
    assert.equal((await once(upload, 'response'))[0][':status'], 200)
    let text = ''
    upload.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    // As Node calls a reset of what it has not sent.
    await once(upload, 'aborted')
    assert.deepEqual([text, upload.rstCode], ['soon', http2.constants.NGHTTP2_NO_ERROR])
    upload.destroy()
  })

  it('answers 500 when a handler fails, and goes on with the same connection', async (t) => {
    const served = await serve(t, (request, response) => {
      if (request.url === '/bad') throw new Error('broken')
      // That HTTP/2 has not, and Node throws for.
      if (request.url === '/header') response.setHeader('Keep-Alive', 'timeout=5')
      response.end('fine')
    })
    const client = session(t, served)
    assert.equal((await ask(client, { ':path': '/bad' })).status, 500)
    assert.equal((await ask(client, { ':path': '/header' })).status, 500)
    assert.equal((await ask(client, { ':path': '/good' })).text, 'fine')
  })

  it('answers who has many large answers waiting, and reads none of them', async (t) => {
    const large = Buffer.alloc(256 * 1024)
    const served = await serve(t, (request, response) => {
      response.end(request.url === '/large' ? large : 'it')
    })
    const client = session(t, served)
    await once(client, 'remoteSettings')
    const waiting = Array.from({ length: 100 }, async () => {
      const stream = client.request({ ':path': '/large' }).on('error', () => {})
      await once(stream, 'response')
    })
    await Promise.all(waiting)
    assert.equal((await ask(client, { ':path': '/' })).text, 'it')
  })

  it('in a drain answers what is under way, and tells its client by GOAWAY before', async (t) => {
    let finish = (): void => {}
    const served = await serve(
      t,
      (_request, response) => {
        response.write('begun ')
        finish = () => response.end('finished')
      },
      patient,
    )
    const client = session(t, served)
    const stream = client.request({ ':path': '/slow' }).setEncoding('utf8')
    let text = ''
    stream.on('data', (chunk) => {
      text += chunk
    })
    await once(stream, 'data')
    const told = once(client, 'goaway')
    const drained = served.server.drain()
    await told
    finish()
    await once(stream, 'end')
    assert.equal(text, 'begun finished')
    await drained
    assert.equal(served.server.describe().listeners?.[0]?.connections?.open, 0)
  })

  it('in a drain answers one request more of a client that waited for none, with GOAWAY', async (t) => {
    const served = await serve(t, tell, patient)
    const client = session(t, served)
    await ask(client, { ':path': '/before' })
    const drained = served.server.drain()
    const told = once(client, 'goaway')
    const both = [ask(client, { ':path': '/a' }), ask(client, { ':path': '/b' })]
    const texts = (await Promise.all(both)).map(({ text }) => text)
    assert.deepEqual(texts, ['2.0 GET /a', '2.0 GET /b'])
    await told
    await drained
  })

  it('in a drain closes a connection without requests after keepAliveTimeout', async (t) => {
    const served = await serve(t, tell, { keepAliveTimeout: 0.2 })
    const client = session(t, served)
    await once(client, 'remoteSettings')
    const gone = new Promise((resolve) => client.on('close', resolve))
    await served.server.drain()
    await gone
  })

  it('ends HTTP/1.1 connections in a drain with Connection: close', async (t) => {
    let finish = (): void => {}
    const served = await serve(t, (_request, response) => {
      finish = () => response.end('last')
      served.server.drain().catch(() => {})
      setImmediate(finish)
    })
    const { text, connection } = await ask1(served)
    assert.deepEqual([text, connection], ['last', 'close'])
  })

  it('lets requests of HTTP/2 end in a stop, and cuts them after closeTimeout', async (t) => {
    const served = await serve(t, (_request, response) => response.write('begun'), {
      closeTimeout: 0.2,
    })
    const stream = session(t, served).request({ ':path': '/' })
    await once(stream, 'response')
    const closed = new Promise((resolve) => stream.on('error', () => {}).on('close', resolve))
    await served.server.stopService()
    await closed
  })

  it('closes HTTP/2 connections without requests at once in a stop', async (t) => {
    const served = await serve(t, tell, { ...patient, closeTimeout: 3600 })
    const client = session(t, served)
    await ask(client, { ':path': '/' })
    const closed = new Promise((resolve) => client.on('close', resolve))
    await served.server.stopService()
    await closed
  })
})
