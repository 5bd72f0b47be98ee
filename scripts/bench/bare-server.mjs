// The least that serves a poem: what runner is measured against.
// `node bare-server.mjs PORT POEM`
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const [port, poem] = process.argv.slice(2)
const text = readFileSync(poem)
createServer((socket) => {
  socket.on('error', () => {})
  socket.end(text)
}).listen(Number(port), '127.0.0.1')
