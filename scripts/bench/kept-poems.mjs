import { connect } from 'node:net'

/** How many requests are written at once: each further one costs the client next to nothing. */
const TOGETHER = 8
const REQUESTS = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(TOGETHER))

/** A service that answers each request with the poem in the file POEM. */
export const KEPT = `import { readFileSync } from 'node:fs'
import { Application, HTTPServer } from 'runnerd'
export const application = new Application('kept')
const poem = readFileSync(process.env.POEM)
const answer = (request, response) => {
  response.writeHead(200, { 'Content-Length': poem.length })
  response.end(poem)
}
const listen = { port: Number(process.env.PORT), interface: 'localhost' }
new HTTPServer(listen, answer).setServiceParent(application)
`

/**
 * Asks for a number of poems over HTTP connections that stay open. To make and to
 * end a connection costs a client what it costs a server; this costs it a fraction,
 * so that one client is a match for several servers.
 */
export async function askForPoems(port, count, connections) {
  let left = count
  const ask = () => {
    left -= TOGETHER
    return left + TOGETHER > 0
  }
  await Promise.all(Array.from({ length: connections }, () => keepAsking(port, ask)))
}

/** Asks over one connection until `ask` says no. */
function keepAsking(port, ask) {
  return new Promise((resolve, reject) => {
    let expected
    let seen = 0
    const socket = connect(port, '127.0.0.1')
    const next = () => (ask() ? socket.write(REQUESTS) : socket.destroy())
    socket.on('connect', next)
    socket.on('data', (chunk) => {
      expected ??= lengthOf(chunk) * TOGETHER
      seen += chunk.length
      if (seen < expected) return
      seen -= expected
      next()
    })
    socket.on('error', reject)
    socket.on('close', resolve)
  })
}

/** That of an answer, of which all have the same. */
function lengthOf(chunk) {
  const head = chunk.subarray(0, chunk.indexOf('\r\n\r\n') + 4).toString('latin1')
  return head.length + Number(/^Content-Length: (\d+)/im.exec(head)[1])
}
