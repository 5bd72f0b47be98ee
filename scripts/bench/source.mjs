// Sends as many bytes as it is asked for by a number, to each who connects, and says so
// when it listens: `node source.mjs PORT`.
import { createServer } from 'node:net'

const piece = Buffer.alloc(1 << 20, 'x')

createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', (asked) => send(socket, Number(asked)))
}).listen(Number(process.argv[2]), '127.0.0.1')

function send(socket, count) {
  for (let left = count; left > 0; left -= piece.length) {
    const isTaken = socket.write(left < piece.length ? piece.subarray(0, left) : piece)
    if (!isTaken && left > piece.length) {
      socket.once('drain', () => send(socket, left - piece.length))
      return
    }
  }
  socket.end()
}
