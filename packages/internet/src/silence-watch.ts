import type { Socket } from 'node:net'

/** What was last seen of a connection. */
interface Seen {
  progress: number
  /** When that was other than before, in ms. */
  at: number
}

/** So often within the timeout it is looked who was silent: one is closed late by this part of it. */
const PARTS = 4

/**
 * Finds the connections of a port on which no byte has gone in either direction for too
 * long. It looks at each now and then, where a timer of its own costs something with
 * each request: Node's HTTP server sets that anew twice for each.
 *
 * @internal
 */
export class SilenceWatch {
  readonly #timeout: number
  readonly #onSilent: (socket: Socket) => void
  readonly #open = new Map<Socket, Seen>()
  #timer: NodeJS.Timeout | undefined

  /**
   * @param timeout - in ms
   * @param onSilent - told of each once
   */
  constructor(timeout: number, onSilent: (socket: Socket) => void) {
    this.#timeout = timeout
    this.#onSilent = onSilent
  }

  /** Watches a connection until it is closed. */
  watch(socket: Socket): void {
    this.#open.set(socket, { progress: progressOf(socket), at: Date.now() })
    socket.on('close', () => this.forget(socket))
    this.#timer ??= setInterval(() => this.#look(), Math.ceil(this.#timeout / PARTS)).unref()
  }

  /** Watches it no more. */
  forget(socket: Socket): void {
    this.#open.delete(socket)
    if (this.#open.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(): void {
    const now = Date.now()
    for (const [socket, seen] of this.#open) {
      const progress = progressOf(socket)
      if (progress !== seen.progress) {
        seen.progress = progress
        seen.at = now
      } else if (now - seen.at >= this.#timeout) {
        this.forget(socket)
        this.#onSilent(socket)
      }
    }
  }
}

/** What a socket has that says how much of a write the system has not taken yet. */
type Handled = Socket & { readonly _handle?: { readonly writeQueueSize?: number } | null }

/** Another number if a byte has gone: what waits to be sent has not. */
function progressOf(socket: Handled): number {
  const waiting = socket._handle?.writeQueueSize ?? 0
  return socket.bytesRead + socket.bytesWritten - socket.writableLength - waiting
}
