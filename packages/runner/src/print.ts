import { writeFully } from '@runnerd/logging'

/**
 * Prints, and has printed when it returns. A reader that has gone away is no
 * error: `runner | head -1`.
 */
export function print(fd: 1 | 2, text: string): void {
  try {
    writeFully(fd, text)
  } catch {
    // Nobody is there to be told.
  }
}
