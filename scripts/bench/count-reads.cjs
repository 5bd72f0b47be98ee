// Preloaded with NODE_OPTIONS, writes a line for each process and each dropin
// that is read, to the file BENCH_COUNT.
const { appendFileSync } = require('node:fs')
const { isMainThread } = require('node:worker_threads')

const count = (line) => appendFileSync(process.env.BENCH_COUNT, `${line}\n`)
// Node 20 runs loader hooks in a thread, which preloads too.
if (isMainThread) count('process')
globalThis.benchReads = (tapname) => count(`dropin ${tapname}`)
