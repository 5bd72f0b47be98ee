import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { StreamClientEndpoint } from '@runnerd/internet'

/** Connects when and to what a test says. */
export class FakeEndpoint extends StreamClientEndpoint {
  /** Those that were begun, the latest last. */
  readonly attempts: FakeAttempt[] = []
  /** Whether an attempt fails as soon as nobody wants it; a bad endpoint doesn't look. */
  heeds = true

  override open(signal: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      this.attempts.push({
        signal,
        succeed() {
          const socket = new FakeSocket()
          resolve(socket as unknown as Socket)
          return socket
        },
        fail: (message) => reject(new Error(message)),
      })
      if (this.heeds) signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  }

  get latest(): FakeAttempt {
    const attempt = this.attempts.at(-1)
    if (attempt === undefined) throw new Error('nobody has connected')
    return attempt
  }

  override toString(): string {
    return 'fake:'
  }
}

export interface FakeAttempt {
  readonly signal: AbortSignal
  succeed(): FakeSocket
  fail(message: string): void
}

/** A socket whose other end is the test. */
export class FakeSocket extends Duplex {
  readonly written: string[] = []
  /** Takes what is written, until a test says otherwise. */
  isReading = true

  override _read(): void {}

  override _write(data: Buffer, _encoding: string, done: () => void): void {
    this.written.push(String(data))
    if (this.isReading) done()
  }

  /** The other end closes when this one has. */
  override _final(done: () => void): void {
    this.push(null)
    done()
  }

  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', this.destroy)
  }
}
