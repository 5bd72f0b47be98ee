import { hub } from './hub.ts'
import type { LogLevel } from './log-event.ts'
import { textOf } from './text-of.ts'

/** What may be said of a line besides its text. */
export interface LogOptions {
  /** Who logs it, shown in brackets. Default: the system of `log.withSystem`, else `-`. */
  readonly system?: string
}

/**
 * Logs lines for whoever observes them; see `addObserver`.
 *
 * None of these throws because of what it is given. A value that is not a string
 * is shown as `util.inspect` shows it. The functions need no `this`.
 */
export interface Log {
  /** Logs a line, at level `info` unless another is given. */
  msg(text: unknown, options?: LogOptions & { readonly level?: LogLevel }): void
  /** Logs `why` (else `Unhandled Error`) and the error with its stack, at level `error`. */
  err(error: unknown, why?: string): void
  /** Logs a line at level `debug`, for who looks for a mistake. */
  debug(text: unknown, options?: LogOptions): void
  /** Logs a line at level `info`: the same as `msg`. */
  info(text: unknown, options?: LogOptions): void
  /** Logs a line at level `warn`: something may be wrong. */
  warn(text: unknown, options?: LogOptions): void
  /** Logs a line at level `error`; an `Error` is better given to `err`. */
  error(text: unknown, options?: LogOptions): void
  /** Logs a line at level `critical`: the service can't go on. */
  critical(text: unknown, options?: LogOptions): void
  /**
   * Calls `fn`, and marks with `[system]` every line logged before it returns
   * that names no system of its own. Calls nest. What `fn` starts and does not
   * wait for, a promise too, is not marked.
   *
   * @returns what `fn` returns, and throws what it throws
   */
  withSystem<T>(system: string, fn: () => T): T
}

/**
 * The log of this process: one, however many copies of this package are loaded.
 * With `--nodaemon` it is stdout, else the file of `--logfile`; what is logged
 * before it is open is kept for it, the newest 65,536 lines.
 *
 * A line is written when the call returns. None of these throws because of what
 * it is given: a value that is not a string is shown as `util.inspect` shows it,
 * lines after the first begin with a tab, and a control character comes out as
 * `\x1b`. The functions need no `this`.
 *
 * @see Twisted's `twisted.python.log`
 *
 * @example
 * import { log } from 'runnerd'
 *
 * log.msg('sending 3003 bytes of poetry')
 * log.msg('no poem today', { system: 'PoetryFactory', level: 'warn' })
 * log.err(new Error('no such poem'), 'Cannot read the poem')
 * log.withSystem('PoetryFactory', () => log.msg('marked [PoetryFactory]'))
 */
export const log: Log = {
  msg: (text, options) => write(options?.level ?? 'info', text, options),
  err(error, why) {
    if (!isWanted('error')) return
    emit('error', `${why ?? 'Unhandled Error'}\n${textOf(error)}`, undefined, { error })
  },
  debug: (text, options) => write('debug', text, options),
  info: (text, options) => write('info', text, options),
  warn: (text, options) => write('warn', text, options),
  error: (text, options) => write('error', text, options),
  critical: (text, options) => write('critical', text, options),
  withSystem<T>(system: string, fn: () => T): T {
    const outer = hub.system
    hub.system = system
    try {
      return fn()
    } finally {
      hub.system = outer
    }
  },
}

function write(level: LogLevel, text: unknown, options?: LogOptions): void {
  if (!isWanted(level)) return
  emit(level, textOf(text), options?.system, text instanceof Error ? { error: text } : {})
}

/** Nothing is made a text of that nobody wants. A hub of an older copy doesn't know. */
function isWanted(level: LogLevel): boolean {
  return hub.wants === undefined || hub.wants(level)
}

/** @param logged with the error, which may be any value, where one was logged */
function emit(
  level: LogLevel,
  text: string,
  system: string | undefined,
  logged: { readonly error?: unknown },
): void {
  // Whoever has no types may name anything.
  const name = textOf(system || hub.system || '-')
  hub.emit({ time: Date.now(), level, system: name, text, ...logged })
}
