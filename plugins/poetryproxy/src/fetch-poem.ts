import { addAbortSignal } from 'node:stream'
import type { Clock, IStreamClientEndpoint } from 'runnerd'
import { counted } from 'runnerd'

/** What a fetch may take. */
export interface FetchLimits {
  /** In seconds, from the beginning to the last byte. */
  readonly timeout: number
  /** In bytes. */
  readonly maxBytes: number
}

/**
 * Fetches the poem of a poetry server: all that it sends until it hangs up.
 *
 * @param signal - gives the fetch up
 * @throws an error that says why there is none: the server is not there, is too slow,
 * sends too much, or nothing
 */
export async function fetchPoem(
  upstream: IStreamClientEndpoint,
  { timeout, maxBytes }: FetchLimits,
  clock: Clock,
  signal: AbortSignal,
): Promise<Buffer> {
  const controller = new AbortController()
  const giveUp = (): void => controller.abort()
  signal.addEventListener('abort', giveUp)
  let isLate = false
  const deadline = clock.callLater(timeout, () => {
    isLate = true
    giveUp()
  })
  try {
    const poem = await read(upstream, maxBytes, controller.signal)
    if (poem.length === 0) throw new Error('the upstream hung up without a poem')
    return poem
  } catch (error) {
    throw isLate ? new Error(`there was no whole poem within ${counted(timeout, 'second')}`) : error
  } finally {
    deadline.cancel()
    signal.removeEventListener('abort', giveUp)
  }
}

async function read(
  upstream: IStreamClientEndpoint,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const socket = await upstream.connect(() => {}, signal)
  addAbortSignal(signal, socket)
  const chunks: Buffer[] = []
  let length = 0
  // Whatever ends the loop closes the socket too.
  for await (const chunk of socket) {
    length += (chunk as Buffer).length
    if (length > maxBytes) throw new Error(`the poem is longer than ${counted(maxBytes, 'byte')}`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
