/**
 * The command line is not one this program takes. Thrown by the parser and, for
 * what it can't know, by a plugin's `postOptions` or `makeService`. The operator
 * gets its message as one line, and exit status 64 (EX_USAGE of sysexits(3)).
 * Recognise it by `code`.
 *
 * @see Twisted's `twisted.python.usage.UsageError`
 *
 * @example
 * import { defineServiceMaker, MultiService, UsageError } from 'runnerd'
 *
 * export const range = defineServiceMaker({
 *   tapname: 'range',
 *   description: 'Takes a range.',
 *   options: { from: { type: 'number', default: 1 }, to: { type: 'number', default: 9 } },
 *   postOptions({ from, to }) {
 *     if (from > to) throw new UsageError('--from is above --to', { hint: 'swap them' })
 *   },
 *   makeService: () => new MultiService(),
 * })
 */
export class UsageError extends Error {
  /** Always `ERR_USAGE`. */
  readonly code = 'ERR_USAGE'

  /** What to do about it: the operator's second line, after `hint: `. */
  readonly hint: string | undefined

  /**
   * @param message - one line without a full stop, such as `option --port is required`
   * @param options - the `hint`, and the `cause` if another error led to this one
   */
  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'UsageError'
    this.hint = options.hint
  }
}
