import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { HTTPServer, type HTTPServerOptions, type IListeningPort } from '@runnerd/internet'
import { addEndpointType } from '@runnerd/internet/endpoints'
import { connectTo, readAll } from './client.ts'

type Handler = ConstructorParameters<typeof HTTPServer>[1]

// An endpoint type of a third party that accepts connections itself.
addEndpointType({
  prefix: 'own',
  parseStreamServer: ([word]) => ({
    async listen(served): Promise<IListeningPort> {
      assert.ok(typeof served === 'function', 'it has a factory to serve')
      const drain = new AbortController()
      const open = new Set<Socket>()
      const serveNow = (socket: Socket): void => served(socket, { draining: drain.signal })
      const server = createServer((socket) => {
        open.add(socket)
        if (word === 'header') afterHeader(socket, serveNow)
        else serveNow(socket)
      })
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { address: host, port } = server.address() as AddressInfo
      return {
        getHost: () => ({ type: 'TCP', host, port }),
        startListening: async () => {},
        drain: async () => drain.abort(),
        async stopListening() {
          for (const socket of open) socket.destroy()
          await new Promise((resolve) => server.close(resolve))
        },
      }
    },
  }),
})

/** Takes a first line, and puts back what has come with it. */
function afterHeader(socket: Socket, next: (socket: Socket) => void): void {
  let text = ''
  socket.on('data', function take(data) {
    text += data
    const end = text.indexOf('\n')
    if (end === -1) return
    socket.off('data', take).pause()
    socket.unshift(Buffer.from(text.slice(end + 1)))
    next(socket)
  })
}

async function serve(
  t: TestContext,
  handler: Handler,
  options: HTTPServerOptions = {},
  word = '',
): Promise<{ server: HTTPServer; port: number }> {
  const server = new HTTPServer(`own:${word}`, handler, { keepAliveTimeout: 60, ...options })
  await server.startService()
  t.after(() => server.stopService())
  return { server, port: server.address()?.port ?? 0 }
}

async function ask(port: number, agent: Agent): Promise<[IncomingMessage, string]> {
  const [answer] = (await once(get({ host: '127.0.0.1', port, agent }), 'response')) as [
    IncomingMessage,
  ]
  let text = ''
  for await (const chunk of answer) text += chunk
  return [answer, text]
}

test('an HTTPServer answers on an endpoint that accepts by itself, and says when it drains', async (t) => {
  const { server, port } = await serve(t, (_request, response) => response.end('hello'))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const [first, hello] = await ask(port, agent)
  assert.deepEqual([first.statusCode, first.headers.connection], [200, 'keep-alive'])
  assert.equal(hello, 'hello')
  await server.drain()
  const [last] = await ask(port, agent)
  assert.deepEqual([last.statusCode, last.headers.connection], [200, 'close'])
})

test('what its handler throws there is answered with 500', async (t) => {
  const { port } = await serve(t, () => {
    throw new Error('no answer')
  })
  const [{ statusCode }] = await ask(port, new Agent())
  assert.equal(statusCode, 500)
})

test('a connection is upgraded there, and told of the drain', async (t) => {
  const { server, port } = await serve(t, () => {}, {
    upgrade: (_request, socket, _head, { draining }) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\nopen')
      draining.addEventListener('abort', () => socket.end('farewell'))
    },
  })
  const client = (await connectTo(port)).setEncoding('utf8')
  let text = ''
  client.on('data', (chunk) => {
    text += chunk
  })
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  while (!text.endsWith('open')) await once(client, 'data')
  await server.drain()
  await once(client, 'end')
  assert.match(text, /openfarewell$/)
})

test('a request that came with what the endpoint has read first is answered', async (t) => {
  const { port } = await serve(t, (_request, response) => response.end('hello'), {}, 'header')
  const client = await connectTo(port)
  client.write('from 192.0.2.1\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.match(String(await readAll(client)), /^HTTP\/1\.1 200 OK\r\n.*hello$/s)
})
