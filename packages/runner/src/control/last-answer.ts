import { writeSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { atEnd } from '../outcome.ts'

/** Emitted by a response when all but its end is with the system. */
export const SAID: unique symbol = Symbol('said')

/** The empty chunk that ends a body. */
const LAST_CHUNK = '0\r\n\r\n'

/**
 * Answers now, and ends the answer at the very end of this process: a client whose
 * answer is cut short knows that it didn't end in order, though all was well till then.
 */
export function sayToTheEnd(response: ServerResponse, body: string): void {
  // Without chunks a body ends with its connection, and a cut is not seen.
  if (!response.req.httpVersion.startsWith('1.1')) {
    response.end(body)
    return
  }
  response.write(body, () => response.emit(SAID))
  atEnd(() => {
    const { fd = -1 } = (response.socket as Connection | null)?._handle ?? {}
    try {
      // The event loop turns no more.
      writeSync(fd, LAST_CHUNK)
    } catch {
      // Whoever asked has gone.
    }
  })
}

interface Connection {
  readonly _handle?: { readonly fd?: number } | null
}
