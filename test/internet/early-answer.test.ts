import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { connect, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { connect as secureConnect } from 'node:tls'
import { promisify } from 'node:util'
import { type HTTPListener, HTTPServer, type HTTPServerOptions } from '@runnerd/internet'
import { certificate } from '../helpers/certificate.ts'

type Handler = ConstructorParameters<typeof HTTPServer>[1]

/** It has no types. */
type Express = () => { use(handler: HTTPListener): HTTPListener }

const express: Express = createRequire(import.meta.url)('express')

/** More than both systems keep, so that a server which hears no more is felt. */
const BODY = 'x'.repeat(10_000_000)

const MOST = { 'Content-Length': 5, Connection: 'close' }

const answer = (response: ServerResponse): unknown => response.writeHead(413, MOST).end('<no>\n')

/** Whoever answers early, by what it does with the body. */
const handlers: Readonly<Record<string, Handler>> = {
  'reads none of it': (_request, response) => void answer(response),
  'stops reading': (request, response) => {
    request.once('data', () => {
      request.pause()
      answer(response)
    })
  },
  // It gives each answer another class.
  'is an app of Express': express().use((_request, response) => answer(response)),
  'is of the Fetch standard': {
    fetch: () => new Response('<no>\n', { status: 413, headers: { Connection: 'close' } }),
  },
}

const keys = certificate()
const ways: readonly [name: string, options: HTTPServerOptions][] = [
  ['HTTP', {}],
  ...(keys
    ? ([
        ['HTTPS', { tls: keys, http2: false }],
        ['HTTPS beside HTTP/2', { tls: keys }],
      ] as [string, HTTPServerOptions][])
    : []),
]

async function serve(t: TestContext, handler: Handler, options: HTTPServerOptions) {
  const server = new HTTPServer(0, handler, { interface: 'localhost', ...options })
  await server.startService()
  t.after(() => server.stopService())
  return server
}

/** A client that reads nothing before all is written; any error of its connection is thrown. */
class Client {
  readonly closed: Promise<unknown>
  readonly #socket: Socket
  #text = ''

  constructor(server: HTTPServer, { tls }: HTTPServerOptions) {
    const socket = connect({
      port: server.address()?.port ?? 0,
      host: '127.0.0.1',
      allowHalfOpen: true,
    })
    const how = { socket, allowHalfOpen: true, rejectUnauthorized: false }
    this.#socket = tls ? secureConnect(how) : socket
    this.closed = Promise.all([once(socket, 'close'), once(this.#socket, 'close')])
    this.closed.catch(() => {})
  }

  write(text: string): Promise<unknown> {
    return promisify<string>(this.#socket.write).call(this.#socket, text)
  }

  head(version: string): Promise<unknown> {
    return this.write(`POST / HTTP/${version}\r\nHost: a\r\nContent-Length: ${BODY.length}\r\n\r\n`)
  }

  async read(): Promise<string> {
    this.#socket.setEncoding('utf8').on('data', (chunk) => {
      this.#text += chunk
    })
    this.#socket.on('end', () => this.#socket.end())
    await this.closed
    return this.#text
  }
}

const REFUSED = /^HTTP\/1\.1 413 [\s\S]*\r\nconnection: close\r\n[\s\S]*<no>\n/i

describe('HTTPServer, when a request is answered while its body still comes', () => {
  for (const [name, options] of ways) {
    for (const [what, handler] of Object.entries(handlers)) {
      for (const version of ['1.1', '1.0']) {
        it(`${name}: the answer to HTTP/${version} by a handler that ${what} is not lost`, async (t) => {
          const server = await serve(t, handler, options)
          const client = new Client(server, options)
          await client.head(version)
          await client.write(BODY)
          assert.match(await client.read(), REFUSED)
        })
      }
    }
  }

  it('takes what follows that body for no request', async (t) => {
    let calls = 0
    const handler: Handler = (_request, response) => {
      calls += 1
      answer(response)
    }
    const client = new Client(await serve(t, handler, {}), {})
    await client.head('1.1')
    await client.write(BODY)
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.read()
    assert.equal(calls, 1)
  })

  for (const when of ['stop', 'drain'] as const) {
    for (const version of ['1.1', '1.0']) {
      it(`a ${when} loses no answer to HTTP/${version}`, async (t) => {
        let ended: (() => void) | undefined
        // It keeps the connection, if nothing else ends it.
        const handler: Handler = (request, response) => {
          request.once('data', () => {
            request.pause()
            ended = () => response.writeHead(413, { 'Content-Length': 5 }).end('<no>\n')
          })
        }
        const server = await serve(t, handler, { closeTimeout: 60 })
        const client = new Client(server, {})
        await client.head(version)
        await client.write(BODY.slice(0, 10))
        while (ended === undefined) await new Promise(setImmediate)
        const over = when === 'stop' ? server.stopService() : server.drain()
        ended()
        await client.write(BODY.slice(10))
        assert.match(await client.read(), /^HTTP\/1\.1 413 [\s\S]*<no>\n/)
        await over
      })
    }
  }
})
