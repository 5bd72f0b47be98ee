// Collects a server's garbage whenever something comes by descriptor 3, and says there
// when it is done: `node --expose-gc --require collect-garbage.cjs SERVER`.
const { Socket } = require('node:net')

const asked = new Socket({ fd: 3 })
asked.on('data', () => {
  globalThis.gc()
  // What the first has left for other threads to free is waited for by the next.
  setImmediate(() => {
    globalThis.gc()
    asked.write('.')
  })
})
asked.unref()
