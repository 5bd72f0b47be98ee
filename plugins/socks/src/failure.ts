/** Why a request was not fulfilled. */
export type Reason =
  | 'general failure'
  | 'denied'
  | 'network unreachable'
  | 'host unreachable'
  | 'connection refused'
  | 'timed out'
  | 'command not supported'
  | 'address type not supported'

/** A request that is not fulfilled: the client is told the reason, and the log the rest. */
export class Failure extends Error {
  readonly reason: Reason

  constructor(reason: Reason, detail: string = reason) {
    super(detail)
    this.name = 'Failure'
    this.reason = reason
  }
}

/** A client that is told no before it has asked for anything that can be done. */
export class Refusal extends Failure {
  /** The last that it is told. */
  readonly answer: Buffer

  constructor(reason: Reason, detail: string, answer: Buffer) {
    super(reason, detail)
    this.answer = answer
  }
}

/** What a client said that is no SOCKS, or too late: nothing is answered. */
export class Garbage extends Error {}

const byCode: { readonly [code: string]: readonly [reason: Reason, detail?: string] } = {
  ECONNREFUSED: ['connection refused'],
  ENETUNREACH: ['network unreachable'],
  ENETDOWN: ['network unreachable', 'the network is down'],
  EHOSTUNREACH: ['host unreachable'],
  EHOSTDOWN: ['host unreachable', 'the host is down'],
  ENOTFOUND: ['host unreachable', 'no such host'],
  ENODATA: ['host unreachable', 'the host has no address'],
  EAI_AGAIN: ['host unreachable', 'the name cannot be looked up now'],
  ETIMEDOUT: ['timed out'],
  EMFILE: ['general failure', 'no descriptors left'],
}

/** What the system's error is to a client. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: unknown[] }
  // Each address of a name has failed: the last says most.
  if (errors !== undefined && errors.length > 0) return failureOf(errors.at(-1))
  const [reason, detail] = byCode[code ?? ''] ?? ['general failure', code ?? message]
  return new Failure(reason, detail)
}
