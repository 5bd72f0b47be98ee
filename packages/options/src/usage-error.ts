/**
 * The command line is not one this program takes. Thrown by the parser and, for
 * what it can't know, by a plugin's `postOptions` or `makeService`. The operator
 * gets its message as one line, and exit status 64 (EX_USAGE).
 *
 * @see Twisted's `twisted.python.usage.UsageError`
 */
export class UsageError extends Error {
  readonly code = 'ERR_USAGE'
  /** What to do about it, for a second line. */
  readonly hint: string | undefined

  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'UsageError'
    this.hint = options.hint
  }
}
