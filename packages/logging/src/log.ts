import { hub } from './hub.ts'
import type { LogLevel } from './log-event.ts'
import { textOf } from './text-of.ts'

/** What may be said of a line besides its text. */
export interface LogOptions {
  /** Who logs it, shown in brackets. Default: that of `log.withSystem`, else `-`. */
  readonly system?: string
}

/**
 * Logs lines for whoever observes them; see {@link addObserver}.
 *
 * None of these throws because of what it is given. A value that is not a string
 * is shown as `util.inspect` shows it. The functions need no `this`.
 */
export interface Log {
  /** Logs a line, at level `info` unless another is given. */
  msg(text: unknown, options?: LogOptions & { readonly level?: LogLevel }): void
  /** Logs `why` (else `Unhandled Error`) and the error with its stack, at level `error`. */
  err(error: unknown, why?: string): void
  debug(text: unknown, options?: LogOptions): void
  info(text: unknown, options?: LogOptions): void
  warn(text: unknown, options?: LogOptions): void
  error(text: unknown, options?: LogOptions): void
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

/** The log of this process: one, however many copies of this package are loaded. */
export const log: Log = {
  msg: (text, options) => write(options?.level ?? 'info', text, options),
  err: (error, why) => write('error', `${why ?? 'Unhandled Error'}\n${textOf(error)}`),
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
  const system = options?.system || hub.system || '-'
  hub.emit({ time: Date.now(), level, system, text: textOf(text) })
}
