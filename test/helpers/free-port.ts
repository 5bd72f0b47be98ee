import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port of localhost that nobody has, for a command line that has to name one. It is
 * none that a system gives out by itself, which another may have by the time it is used.
 */
export async function freePort(): Promise<number> {
  return await nextFree(ordinary)
}

/** The same among those that only root may listen on. */
export async function lowPort(): Promise<number> {
  return await nextFree(low)
}

/** Ports that are tried in turn, from any of them: other files of tests do so at the same time. */
class Range {
  readonly #first: number
  readonly #length: number
  #tried: number

  constructor(first: number, length: number) {
    this.#first = first
    this.#length = length
    this.#tried = Math.floor(Math.random() * length)
  }

  next(): number {
    this.#tried += 1
    return this.#first + (this.#tried % this.#length)
  }
}

const ordinary = new Range(12_000, 20_000)
const low = new Range(400, 600)

async function nextFree(range: Range): Promise<number> {
  for (let port = range.next(); ; port = range.next()) if (await isFree(port)) return port
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const isListening = await new Promise<boolean>((resolve) => {
    server.on('listening', () => resolve(true)).on('error', () => resolve(false))
  })
  if (!isListening) return false
  server.close()
  await once(server, 'close')
  return true
}
