import { writeSync } from 'node:fs'

/**
 * Prints, and has printed when it returns. A reader that has gone away is no
 * error: `runner | head -1`.
 */
export function print(fd: 1 | 2, text: string): void {
  const bytes = Buffer.from(text)
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(sleeper, 0, 0, 1)
    }
  }
}
