import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/**
 * A port of localhost that nobody has, for a command line that has to name one. It is
 * none that a system gives out by itself, which another may have by the time it is used,
 * and none that another file of tests is given, though that runs at the same time.
 */
export async function freePort(): Promise<number> {
  return await nextFree(ordinary)
}

/** The same among those that only root may listen on. */
export async function lowPort(): Promise<number> {
  return await nextFree(low)
}

/**
 * Ports that are given out in blocks. Whoever has a block listens on its first port as
 * long as the process lives, so that no other process takes ports of the same block.
 */
class Range {
  readonly #first: number
  readonly #size: number
  readonly #count: number
  readonly #guards: Server[] = []
  #block = 0
  #given = 0
  #taking: Promise<void> | undefined

  /** @param size how many ports are in a block */
  constructor(first: number, size: number, count: number) {
    this.#first = first
    this.#size = size
    this.#count = count
  }

  async next(): Promise<number> {
    while (this.#guards.length === 0 || this.#given >= this.#size - 1) {
      this.#taking ??= this.#take()
      await this.#taking
    }
    this.#given += 1
    return this.#block + this.#given
  }

  async #take(): Promise<void> {
    const start = Math.floor(Math.random() * this.#count)
    for (let tried = 0; tried < this.#count; tried += 1) {
      const block = this.#first + ((start + tried) % this.#count) * this.#size
      const guard = await listening(block)
      if (guard === undefined) continue
      this.#guards.push(guard.unref())
      this.#block = block
      this.#given = 0
      this.#taking = undefined
      return
    }
    throw new Error('other files of tests have all ports')
  }
}

const ordinary = new Range(12_000, 100, 200)
const low = new Range(400, 20, 30)

async function nextFree(range: Range): Promise<number> {
  for (let port = await range.next(); ; port = await range.next()) {
    const server = await listening(port)
    if (server === undefined) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** @returns `undefined` if somebody else has the port */
async function listening(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  return await new Promise((resolve) => {
    server.on('listening', () => resolve(server)).on('error', () => resolve(undefined))
  })
}
