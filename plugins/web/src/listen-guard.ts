import { Server } from 'node:net'

/** Tells whether an app listens while it is loaded, and keeps it from doing so. */
export class ListenGuard {
  /** Rejects when it does. */
  readonly heard: Promise<never>
  readonly #listen = Server.prototype.listen

  /** @param refusal - makes the error, of where it would listen */
  constructor(refusal: (where: string) => Error) {
    let reject: (error: Error) => void
    this.heard = new Promise<never>((_, rejecting) => {
      reject = rejecting
    })
    // It may be heard when nobody waits for it any more.
    this.heard.catch(() => {})
    // It is not thrown: an app may catch it, and end the process with what it says itself.
    Server.prototype.listen = function listen(this: Server, ...args: unknown[]): Server {
      reject(refusal(whereOf(args)))
      return this
    } as typeof Server.prototype.listen
  }

  /** Has servers listen again. */
  end(): void {
    Server.prototype.listen = this.#listen
  }
}

/** What `listen` was given, in words. */
function whereOf([first]: unknown[]): string {
  const { port, path } = (typeof first === 'object' && first !== null ? first : {}) as {
    port?: unknown
    path?: unknown
  }
  const named = port ?? path ?? first
  if (typeof named === 'string' && !/^\d+$/.test(named)) return `on ${named}`
  return named === undefined || typeof named === 'object' ? 'itself' : `on port ${named}`
}
