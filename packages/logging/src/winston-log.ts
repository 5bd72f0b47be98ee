import { createRequire } from 'node:module'
import type { createLogger, Logger, transport as Transport } from 'winston'
import { uncaptured } from './capture-stdio.ts'
import { reasonOf } from './errors.ts'
import { linesLost } from './lines-lost.ts'
import type { LogEvent, LogLevel } from './log-event.ts'
import { UnrotatedLog } from './unrotated-log.ts'

/** The names that loggers have for a level, ours first. */
const NAMES: { readonly [level in LogLevel]: readonly string[] } = {
  critical: ['critical', 'crit', 'fatal', 'error'],
  error: ['error', 'err'],
  warn: ['warn', 'warning'],
  info: ['info'],
  debug: ['debug'],
}

/** What waits for a transport that is slow, in events: more is dropped, and counted. */
const LONGEST_QUEUE = 65_536

// The keys under which winston's parts find the level and the finished line.
const LEVEL = Symbol.for('level')
const MESSAGE = Symbol.for('message')

/** Whether this is a winston logger, of whatever copy of winston. */
export function isLogger(value: unknown): value is Logger {
  const logger = value as Partial<Logger> | null | undefined
  return isTransport(value) && typeof logger?.add === 'function' && 'transports' in logger
}

/** Whether this is a winston transport, or a logger, which is one too. */
export function isTransport(value: unknown): value is Transport {
  const has = (name: string): boolean =>
    typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function'
  return typeof value === 'object' && ['log', 'on', 'write'].every(has)
}

/** A logger for one transport, whose own format and level count. */
export function loggerWith(transport: Transport): Logger {
  const require = createRequire(import.meta.filename)
  const winston = require('winston') as { createLogger: typeof createLogger }
  const format = { transform: (info: unknown): unknown => info } as Logger['format']
  return winston.createLogger({ level: 'silly', format, transports: [transport] })
}

/**
 * Writes each event to a winston logger: `level`, `message`, `system` and `timestamp`,
 * and the line as the text log has it for what formats nothing itself.
 *
 * @internal
 */
export class WinstonLog extends UnrotatedLog {
  readonly path = 'logger'
  lost = 0
  readonly #logger: Logger
  readonly #names: { readonly [level in LogLevel]: string }
  /** Failures that it could not be told of yet. */
  #failures = 0
  #dropped = 0
  #reason = ''
  #closed: Promise<void> | undefined

  constructor(logger: Logger) {
    super()
    this.#logger = logger
    this.#names = namesIn(Object.keys(logger.levels))
    for (const transport of logger.transports) mend(transport)
    logger.on('error', (error: unknown) => {
      this.#failures += 1
      this.#reason = reasonOf(error)
    })
  }

  write(event: LogEvent): void {
    if (this.#closed !== undefined) return
    if (this.#logger.writableLength >= LONGEST_QUEUE) {
      this.#dropped += 1
      this.lost += 1
      return
    }
    this.#confess()
    this.#log(event)
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#confess()
      this.#closed = this.#end()
    }
    return this.#closed
  }

  #confess(): void {
    const texts = [
      this.#failures > 0
        ? `the logger failed ${this.#failures} time${this.#failures === 1 ? '' : 's'}: ${this.#reason}`
        : '',
      this.#dropped > 0 ? linesLost(this.#dropped, 'the logger is too slow') : '',
    ]
    this.#failures = 0
    this.#dropped = 0
    for (const text of texts.filter((each) => each !== '')) {
      this.#log({ time: Date.now(), level: 'error', system: '-', text })
    }
  }

  #log(event: LogEvent): void {
    const level = this.#names[event.level]
    const info = {
      level,
      message: event.text,
      system: event.system,
      timestamp: new Date(event.time).toISOString(),
      [LEVEL]: level,
      [MESSAGE]: this.format(event).slice(0, -1),
    }
    try {
      // A transport that prints is not to print into the log.
      uncaptured(() => this.#logger.write(info))
    } catch (error) {
      this.#failures += 1
      this.#reason = reasonOf(error)
    }
  }

  async #end(): Promise<void> {
    const transports = [...(this.#logger.transports ?? [])]
    // It ends its transports while it still has lines for them, and so loses those.
    while (this.#logger.writableLength + this.#logger.readableLength > 0) await shortly()
    await new Promise<void>((resolve) => {
      this.#logger.once('finish', resolve).once('close', resolve)
      this.#logger.end()
    })
    await Promise.all(transports.map(endFile))
  }
}

function namesIn(levels: readonly string[]): { readonly [level in LogLevel]: string } {
  const entries = Object.entries(NAMES).map(([level, names]) => [
    level,
    names.find((name) => levels.includes(name)) ?? levels.at(-1) ?? level,
  ])
  return Object.fromEntries(entries)
}

/**
 * A transport that gets several lines at once says that it has written them when it
 * has begun to, unless it has a way of its own for that, `logv`; and takes no more
 * lines once it has thrown.
 */
function mend(transport: Transport): void {
  if (!('logv' in transport)) Object.assign(transport, { _writev: null })
  const { log } = transport
  transport.log = (info: unknown, done: () => void) => {
    let isDone = false
    const once = (): void => {
      if (!isDone) done()
      isDone = true
    }
    try {
      return log?.call(transport, info, once)
    } catch (error) {
      transport.emit('error', error)
      once()
    }
  }
}

function shortly(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2))
}

/** winston-daily-rotate-file says that it has finished before its file has. */
function endFile(transport: Transport): Promise<void> | void {
  const { logStream } = transport as { logStream?: { end?(done: () => void): void } }
  if (typeof logStream?.end !== 'function') return undefined
  return new Promise((resolve) => logStream.end?.(resolve))
}
