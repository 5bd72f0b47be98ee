// Preloaded with NODE_OPTIONS, writes a line for each process and each dropin
// that is read, to the file BENCH_COUNT.
const { appendFileSync } = require('node:fs')

const count = (line) => appendFileSync(process.env.BENCH_COUNT, `${line}\n`)
count('process')
globalThis.benchReads = (tapname) => count(`dropin ${tapname}`)
