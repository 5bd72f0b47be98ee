// Takes all that it is sent, and ends when that ends: `node swallower.mjs PORT`
import { createServer } from 'node:net'

createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {})
  socket.resume().on('end', () => socket.end())
}).listen(Number(process.argv[2]), '127.0.0.1')
