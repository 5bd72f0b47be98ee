import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage, request } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createRequire } from 'node:module'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { connect as secureConnect } from 'node:tls'
import { promisify } from 'node:util'
import {
  type ConnectionContext,
  type HTTPListener,
  type HTTPRefusal,
  HTTPServer,
  type HTTPServerOptions,
} from '@runnerd/internet'
import { certificate } from '../helpers/certificate.ts'
import { closed, connectTo } from './client.ts'
import { logLines } from './log-lines.ts'

type Handler = ConstructorParameters<typeof HTTPServer>[1]

/** It has no types. */
type Express = () => HTTPListener & {
  get(
    path: string,
    answer: (request: unknown, response: { send(text: string): void }) => void,
  ): void
}

const express: Express = createRequire(import.meta.url)('express')

async function serve(
  t: { after(end: () => Promise<void>): void },
  handler: Handler,
  options: HTTPServerOptions = {},
): Promise<{ server: HTTPServer; port: number; url: string }> {
  const server = new HTTPServer(0, handler, { interface: 'localhost', ...options })
  await server.startService()
  t.after(() => server.stopService())
  const port = server.address()?.port ?? 0
  return { server, port, url: `http://localhost:${port}` }
}

/** A connection that is written to and read as it is. */
class Raw {
  readonly socket: Socket
  #text = ''

  static async to(port: number): Promise<Raw> {
    return new Raw(await connectTo(port))
  }

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('utf8').on('data', (chunk) => {
      this.#text += chunk
    })
    socket.on('error', () => {})
  }

  send(...paths: string[]): void {
    this.socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  }

  /** Waits for that many answers, and takes them. */
  async answers(count: number): Promise<string[]> {
    for (;;) {
      const found = this.#text.match(/HTTP\/1\.1 [\s\S]*?\r\n\r\n<[^>]*>/g) ?? []
      if (found.length >= count) {
        this.#text = ''
        return found
      }
      await once(this.socket, 'data')
    }
  }
}

/** Answers with the path, in a form that tells where it ends. */
const echo: Handler = (request, response) => {
  const body = `<${request.url}>`
  response.setHeader('Content-Length', body.length).end(body)
}

const isLast = (answer: string | undefined): boolean => /\nconnection: close\r/i.test(answer ?? '')

describe('HTTPServer', () => {
  test('answers by a function of Node’s request and response', async (t) => {
    const { url } = await serve(t, echo)
    assert.equal(await (await fetch(`${url}/a?b`)).text(), '</a?b>')
  })

  test('answers by an object with fetch: the body, the headers and the cookies, both ways', async (t) => {
    const { url } = await serve(t, {
      async fetch(request) {
        const text = `${request.method} ${new URL(request.url).pathname} ${await request.text()}`
        const headers = new Headers({ 'x-seen': request.headers.get('x-sent') ?? '' })
        headers.append('set-cookie', 'a=1')
        headers.append('set-cookie', 'b=2')
        return new Response(text, { status: 201, headers })
      },
    })
    const answer = await fetch(`${url}/p`, {
      method: 'POST',
      body: 'sent',
      headers: { 'x-sent': 'me' },
    })
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('x-seen'), 'me')
    assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2'])
    assert.equal(await answer.text(), 'POST /p sent')
  })

  test('answers 400 where an object with fetch can have no request, and has nothing of it in the log', async (t) => {
    const { port } = await serve(t, { fetch: ({ url }) => new Response(url) })
    const { lines, end } = logLines()
    t.after(end)
    const whole = 'http://me:secret@elsewhere/p'
    for (const [method, path, host, status] of [
      ['GET', '/p', 'a', 200],
      ['GET', '/a@b', 'a:80', 200],
      ['GET', '/p', '', 200],
      ['GET', '/p', 'a b', 400],
      ['GET', '/p', 'a/secret?', 400],
      ['GET', '/p', 'me@a', 400],
      ['GET', whole, 'a', 400],
      ['TRACE', '/p', 'a', 400],
    ] as const) {
      const asked = request({ host: '127.0.0.1', port, method, path, headers: { host } }).end()
      const [answer] = await once(asked, 'response')
      assert.equal(answer.resume().statusCode, status, `${method} ${path} ${host}`)
    }
    assert.deepEqual(lines, [])
  })

  test('tells a fetch handler by the request’s signal that the client has gone', async (t) => {
    let gone: Promise<unknown> | undefined
    const { port } = await serve(t, {
      fetch(request) {
        gone = once(request.signal, 'abort')
        client.socket.destroy()
        return new Promise(() => {})
      },
    })
    const client = await Raw.to(port)
    client.send('/')
    await closed(client.socket)
    await gone
  })

  for (const layer of ['TCP', 'TLS']) {
    test(`answers a client that has ended what it sends, with allowHalfOpen, by ${layer}`, async (t) => {
      const tls = layer === 'TLS' ? certificate() : undefined
      if (layer === 'TLS' && tls === undefined) return t.skip('openssl is not installed')
      const { port } = await serve(
        t,
        async (request, response) => {
          await once(request.socket, 'end')
          response.write('.'.repeat(1_000_000))
          await setImmediate()
          response.end('late')
        },
        { allowHalfOpen: true, tls },
      )
      const place = { port, host: 'localhost', allowHalfOpen: true }
      const client = tls ? secureConnect({ ...place, ca: tls.cert }) : connect(place)
      client.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      let text = ''
      for await (const chunk of client.setEncoding('utf8')) text += chunk
      assert.match(text, /\.{9}\r\n4\r\nlate\r\n/)
      assert.ok(text.length > 1_000_000)
    })
  }

  test('closes the answer of a client that has ended what it sends, without allowHalfOpen', async (t) => {
    let over: Promise<unknown> | undefined
    const { port } = await serve(t, (_request, response) => {
      over = once(response, 'close')
      client.socket.end()
    })
    const client = await Raw.to(port)
    client.send('/')
    await closed(client.socket)
    await over
  })

  test('logs an error of the handler, answers 500, and lives on', async (t) => {
    const { url } = await serve(t, (request, response) => {
      if (request.url === '/bad') throw new Error('a bad request')
      if (request.url === '/later') return Promise.reject(new Error('a late error'))
      // Node throws: there are none behind a body whose length is known.
      if (request.url === '/trailer') response.writeHead(200, { Trailer: 'x', 'Content-Length': 4 })
      if (request.url === '/long') {
        response.setHeader('Content-Length', 1000)
        throw new Error('a short answer')
      }
      return response.end('good')
    })
    const { lines, end } = logLines()
    t.after(end)
    assert.equal((await fetch(`${url}/bad`)).status, 500)
    assert.equal((await fetch(`${url}/later`)).status, 500)
    assert.equal((await fetch(`${url}/trailer`)).status, 500)
    const short = await fetch(`${url}/long`)
    assert.equal(await short.text(), 'Internal Server Error\n')
    assert.deepEqual([short.status, short.headers.get('connection')], [500, 'keep-alive'])
    assert.match(lines.join('\n'), /a bad request/)
    assert.match(lines.join('\n'), /a late error/)
    assert.equal(await (await fetch(url)).text(), 'good')
  })

  test('refuses what is no request, and hears its client out so that the answer is not lost', async (t) => {
    const keys = certificate()
    const secure = keys ? [{ tls: keys }, { tls: keys, http2: false }] : []
    for (const options of [{}, ...secure]) {
      const { port } = await serve(t, echo, options)
      for (const [head, answer] of [
        [`GET /${'x'.repeat(20_000)}`, /^HTTP\/1\.1 431 .*\r\nConnection: close\r\n\r\n$/],
        ['GET\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n\r\n$/],
      ] as const) {
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
        const how = { socket, allowHalfOpen: true, rejectUnauthorized: false }
        const client = 'tls' in options ? secureConnect(how) : socket
        let text = ''
        client.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        client.write(head)
        await once(client, 'end')
        assert.match(text, answer)
        // A connection that was closed on it fails at the second.
        for (const more of ['x', 'x']) await promisify<string>(client.write).call(client, more)
        client.end()
        // Rejects if it is reset.
        await once(socket, 'close')
      }
    }
  })

  test('tells of what it answers by itself, and what to, by TLS too', async (t) => {
    const keys = certificate()
    for (const options of [{}, ...(keys ? [{ tls: keys }, { tls: keys, http2: false }] : [])]) {
      const told: [status: number, url?: string][] = []
      const refused = ({ status, response }: HTTPRefusal): void => {
        told.push(response ? [status, response.req.url ?? ''] : [status])
        // It must not end the process.
        throw new Error('no log today')
      }
      const { port } = await serve(t, echo, { ...options, refused })
      for (const head of [
        'GET\r\n\r\n',
        'GET /lost HTTP/1.1\r\n\r\n',
        'GET /hello HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
        'GET /good HTTP/1.0\r\n\r\n',
      ]) {
        const socket = connect({ port, host: '127.0.0.1' })
        const client =
          'tls' in options ? secureConnect({ socket, rejectUnauthorized: false }) : socket
        client.write(head)
        await once(client.resume(), 'close')
      }
      assert.deepEqual(told, [[400], [400, '/lost'], [417, '/hello']])
    }
  })

  test('answers HTTPS with a key and a certificate', async (t) => {
    const tls = certificate()
    if (tls === undefined) return t.skip('openssl is not installed')
    const { port } = await serve(t, echo, { tls })
    const asked = httpsRequest({ port, host: 'localhost', path: '/s', ca: tls.cert })
    const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage]
    assert.equal(String((await once(answer, 'data'))[0]), '</s>')
  })

  test('gives a connection that asks for another protocol to the upgrade listener', async (t) => {
    const { port } = await serve(t, echo, {
      upgrade: (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n<now>'),
    })
    const client = await Raw.to(port)
    client.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
    assert.match((await client.answers(1))[0] ?? '', /^HTTP\/1.1 101 /)
  })

  test('refuses what is no handler with a TypeError', () => {
    for (const handler of [undefined, null, {}, 'x']) {
      assert.throws(() => new HTTPServer(0, handler as never), TypeError)
    }
    assert.throws(() => new HTTPServer({ port: 70_000 }, echo), { code: 'ERR_SOCKET_BAD_PORT' })
  })

  test('takes any part of a second to keep a connection for, and refuses what is no time', async (t) => {
    // 2.01 * 1000 is no whole number.
    const { url } = await serve(t, (_request, response) => response.end(), {
      keepAliveTimeout: 2.01,
    })
    assert.equal((await fetch(url)).headers.get('keep-alive'), 'timeout=2')
    for (const keepAliveTimeout of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => new HTTPServer('tcp:0', echo, { keepAliveTimeout }), RangeError)
    }
  })

  test('stopService lets an answer that is under way end, and closes what is idle', async (t) => {
    let answer = (): void => {}
    const { server, port } = await serve(
      t,
      (_request, response) => {
        answer = () => response.end('<late>')
        asked()
      },
      { closeTimeout: 20 },
    )
    let asked = (): void => {}
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const [idle, busy] = [await Raw.to(port), await Raw.to(port)]
    busy.send('/')
    await isAsked
    const stopped = server.stopService()
    await closed(idle.socket)
    answer()
    assert.ok(isLast((await busy.answers(1))[0]))
    await stopped
  })
})

describe('HTTPServer.drain', () => {
  test('answers once more on a connection that was kept alive, and says that it is the last', async (t) => {
    const { server, port } = await serve(t, echo)
    const client = await Raw.to(port)
    client.send('/1')
    assert.ok(!isLast((await client.answers(1))[0]))
    const drained = server.drain()
    await assert.rejects(connectTo(port), { code: 'ECONNREFUSED' })
    client.send('/2')
    const [second] = await client.answers(1)
    assert.match(second ?? '', /<\/2>$/)
    assert.ok(isLast(second))
    // Whoever sends another all the same gets an answer.
    client.send('/3')
    assert.match((await client.answers(1))[0] ?? '', /<\/3>$/)
    await closed(client.socket)
    await drained
  })

  test('answers all of what was sent at once, and only the last says so', async (t) => {
    const { server, port } = await serve(t, echo)
    const client = await Raw.to(port)
    client.send('/0')
    await client.answers(1)
    const drained = server.drain()
    client.send('/1', '/2', '/3')
    const answers = await client.answers(3)
    assert.deepEqual(answers.map(isLast), [false, false, true])
    assert.deepEqual(
      answers.map((answer) => answer.slice(answer.indexOf('<'))),
      ['</1>', '</2>', '</3>'],
    )
    client.socket.end()
    await drained
  })

  test('says so of an answer that was under way before, whatever headers it sets', async (t) => {
    let answer = (): void => {}
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    let finish = (): void => {}
    const { server, port } = await serve(t, (_request, response) => {
      finish = () => {
        response.writeHead(200, { Connection: 'keep-alive', 'Content-Length': '6' }).end('<slow>')
      }
      answer()
    })
    const client = await Raw.to(port)
    client.send('/')
    await asked
    const drained = server.drain()
    finish()
    assert.ok(isLast((await client.answers(1))[0]))
    await drained
  })

  test('says so of the answers of an app of Express too, under way or not', async (t) => {
    let [answer, finish] = [(): void => {}, (): void => {}]
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    const app = express()
    app.get('/slow', (_request, response) => {
      finish = () => void response.send('<slow>')
      answer()
    })
    app.get('/', (_request, response) => void response.send('<quick>'))
    const { server, port } = await serve(t, app)
    const [slow, quick] = [await Raw.to(port), await Raw.to(port)]
    slow.send('/slow')
    await asked
    quick.send('/')
    assert.ok(!isLast((await quick.answers(1))[0]))
    const drained = server.drain()
    finish()
    quick.send('/')
    for (const each of [slow, quick]) assert.ok(isLast((await each.answers(1))[0]))
    await drained
  })

  test('leaves an idle connection the time that its client was told of', async (t) => {
    const { server, port } = await serve(t, echo, { keepAliveTimeout: 0.4 })
    const [used, fresh] = [await Raw.to(port), await Raw.to(port)]
    used.send('/1')
    await used.answers(1)
    const drained = server.drain()
    assert.ok(!used.socket.closed)
    assert.ok(!fresh.socket.closed)
    await Promise.all([closed(used.socket), closed(fresh.socket), drained])
  })

  test('tells answers without an end and upgraded connections', async (t) => {
    const events = (response: { end(text: string): void }, context: ConnectionContext): void => {
      context.draining.addEventListener('abort', () => response.end('<end>'))
    }
    const { server, port } = await serve(
      t,
      (_request, response, context) => {
        response.write('<begin>')
        events(response, context)
      },
      {
        upgrade: (_request, socket, _head, context) => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n<open>')
          events(socket, context)
        },
      },
    )
    const upgraded = await Raw.to(port)
    upgraded.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
    await upgraded.answers(1)
    const agent = new Agent({ keepAlive: true })
    const [answer] = (await once(get({ port, agent }), 'response')) as [IncomingMessage]
    await once(answer, 'data')
    const drained = server.drain()
    assert.equal(String((await once(answer, 'data'))[0]), '<end>')
    await closed(upgraded.socket)
    agent.destroy()
    await drained
  })
})
