import type { LogFile } from './log-file.ts'
import { ObserverLog } from './observer-log.ts'
import { isLogger, isTransport, loggerWith, WinstonLog } from './winston-log.ts'

/** What was given is no logger. Recognise it by `code`. */
export class NotALoggerError extends Error {
  override readonly name = 'NotALoggerError'
  readonly code = 'ERR_NOT_A_LOGGER'
}

/**
 * Logs to what somebody else has made. What that is, is decided by its shape:
 *
 * - a winston logger is written to as it is, at its own levels;
 * - a winston transport gets a logger around it;
 * - a class of transports is made one of, without arguments;
 * - a function without parameters is called, and awaited, for one of these;
 * - any other function is an observer, called with each event.
 *
 * What goes wrong with it later is said in it as soon as it works again, and nothing
 * else happens. `close` ends it, and the promise is fulfilled when it has finished.
 *
 * @throws NotALoggerError for anything else, or what the function or class throws
 */
export async function openLogger(given: unknown): Promise<LogFile> {
  const made = await make(given)
  if (isLogger(made)) return new WinstonLog(made)
  if (isTransport(made)) return new WinstonLog(loggerWith(made))
  if (typeof made === 'function' && !isFactory(made)) return new ObserverLog(made as never)
  throw new NotALoggerError('it is no winston transport, no logger and no function of an event')
}

async function make(given: unknown): Promise<unknown> {
  if (isTransportClass(given)) return new given()
  if (isFactory(given)) return await given()
  return given
}

function isFactory(value: unknown): value is () => unknown {
  return typeof value === 'function' && value.length === 0
}

function isTransportClass(value: unknown): value is new () => unknown {
  return typeof value === 'function' && isTransport(value.prototype)
}
