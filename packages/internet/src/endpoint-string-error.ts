import { UsageError } from '@runnerd/options'

/**
 * An endpoint string that can't be used, and why. To the operator it is a usage error
 * like any other.
 *
 * @internal
 */
export class EndpointStringError extends UsageError {
  /** The string that it is of. */
  readonly description: string
  /** Which part of it is wrong, and how. */
  readonly reason: string

  constructor(description: string, reason: string, hint?: string) {
    super(`cannot use ${shown(description)}: ${reason}`, { hint })
    this.description = description
    this.reason = reason
  }
}

/**
 * The same error, said of the option that the string was given to.
 *
 * @param option - as it is written: `--listen`
 *
 * @internal
 */
export function saidOf(option: string, error: EndpointStringError): UsageError {
  const { description, reason, hint } = error
  return new UsageError(`cannot use ${option} ${shown(description)}: ${reason}`, {
    hint,
    cause: error,
  })
}

/**
 * What is wrong with a string of a dropin's type, which may be made of others: said of the
 * one that the operator knows. What is no usage error stays what it is.
 *
 * @internal
 */
export function ofWhole(error: unknown, description: string): unknown {
  const { code, hint, message, reason = message } = (error ?? {}) as Partial<EndpointStringError>
  if (code !== 'ERR_USAGE') return error
  return new EndpointStringError(description, String(reason), hint)
}

/** A text as it can stand in a line. @internal */
export function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  return text === '' || /[\u0000-\u0020\u007f-\u009f"]/.test(text) ? JSON.stringify(text) : text
}
