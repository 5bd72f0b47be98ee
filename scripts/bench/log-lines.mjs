// Usage: log-lines.mjs runner|winston|rotate|pino FILE LINES PER_TURN [MODULE]: logs lines to
// a file, waits until all are in it, and prints how many that was in a second.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [kind, file, lines, perTurn, module] = process.argv.slice(2)
const require = createRequire(import.meta.url)

const sinks = {
  async runner() {
    const { addObserver, log, openLogFile } = await import(pathToFileURL(module).href)
    const opened = openLogFile(file)
    addObserver((event) => opened.write(event))
    return { write: (text) => log.msg(text), end: () => opened.close() }
  },
  winston() {
    const { createLogger, format, transports } = require(module)
    const transport = new transports.File({ filename: file, format: text(format) })
    const logger = createLogger({ transports: [transport] })
    return { write: (line) => logger.info(line), end: () => finished(logger, logger) }
  },
  rotate() {
    const { createLogger, format } = require(module)
    const Transport = createRequire(module)('winston-daily-rotate-file')
    const transport = new Transport({ filename: file, maxSize: '1m', format: text(format) })
    const logger = createLogger({ transports: [transport] })
    // The logger says that it has finished before the file has its lines.
    return { write: (line) => logger.info(line), end: () => finished(transport, transport) }
  },
  pino() {
    const pino = require(module)
    const destination = pino.destination({ dest: file, sync: true })
    const logger = pino(destination)
    return { write: (line) => logger.info(line), end: () => destination.flushSync() }
  },
}

function text({ combine, timestamp, printf }) {
  const line = printf(({ timestamp, message }) => `${timestamp} [-] ${message}`)
  return combine(timestamp({ format: 'YYYY-MM-DDTHH:mm:ssZZ' }), line)
}

async function finished(emitter, closed) {
  const end = once(emitter, 'finish')
  if (closed.end) closed.end()
  else closed.close()
  await end
}

const sink = await sinks[kind]()
const began = performance.now()
for (let index = 0; index < Number(lines); index += 1) {
  sink.write(`line ${index} of a poem that is sent to whoever asks for it, again and again`)
  if (index % Number(perTurn) === 0) await setImmediate()
}
await sink.end()
console.log(Math.round((Number(lines) / (performance.now() - began)) * 1000))
process.exit(0)
