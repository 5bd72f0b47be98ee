import { connect, type Socket } from 'node:net'
import { TCPServer } from './tcp-server.ts'

/**
 * A service that has one generation begin when the one before it is done, so that a
 * reload never has two of what may be there once, such as a program that was started.
 *
 * It listens on a port of localhost, which a reload hands on like any other. Whoever
 * starts and finds that somebody listens there already is a successor; it stays
 * connected, and the end of that connection, however it comes about, is what it waits
 * for. So it has to come before what asks it in the tree, and `drain` of what it is for
 * has to call `release`; the end of the process does that in any case.
 *
 * @example
 * import { MultiService, Succession } from 'runnerd'
 *
 * export class OnlyOne extends MultiService {
 *   readonly #succession = new Succession()
 *
 *   constructor() {
 *     super()
 *     this.#succession.setServiceParent(this)
 *   }
 *
 *   override async startService(): Promise<void> {
 *     await super.startService()
 *     this.#succession.clear.then(() => this.begin())
 *   }
 *
 *   override async drain(): Promise<void> {
 *     await this.end()
 *     this.#succession.release()
 *     await super.drain()
 *   }
 *
 *   begin(): void {}
 *
 *   async end(): Promise<void> {}
 * }
 */
export class Succession extends TCPServer {
  /** Whether there is nobody to wait for; known when it has started. */
  isClear = true
  /** Resolves when there is nobody left to wait for; to be asked when it has started. */
  clear: Promise<void> = Promise.resolve()
  readonly #successors: Set<Socket>
  #predecessor: Socket | undefined

  constructor() {
    const successors = new Set<Socket>()
    super(
      0,
      function succession(socket) {
        successors.add(socket)
        socket.on('close', () => successors.delete(socket))
        socket.resume()
        socket.write('wait\n')
      },
      { interface: 'localhost' },
    )
    this.#successors = successors
  }

  override async startService(): Promise<void> {
    await super.startService()
    // Itself it listens when the whole tree has started: it can't be its own.
    const { port = 0 } = this.address() ?? {}
    const predecessor = await predecessorAt(port)
    if (predecessor === undefined) return
    this.#predecessor = predecessor
    this.isClear = false
    this.clear = new Promise<void>((resolve) => predecessor.once('close', () => resolve())).then(
      () => {
        this.isClear = true
      },
    )
  }

  /** Whoever waits need wait no longer. Harmless when nobody does, and when called again. */
  release(): void {
    for (const socket of this.#successors) socket.end()
  }

  override async stopService(): Promise<void> {
    this.#predecessor?.destroy()
    await super.stopService()
  }

  override async undoStart(): Promise<void> {
    this.#predecessor?.destroy()
    await super.undoStart()
  }
}

/**
 * How long whoever listens has to answer, in ms. The process that workers come from keeps
 * the port open and accepts nobody: after a worker has died, nobody would ever answer.
 */
const ANSWER = 3000

/** Resolves when somebody has answered, or nobody will. */
async function predecessorAt(port: number): Promise<Socket | undefined> {
  const socket = connect(port, '127.0.0.1')
  return await new Promise((resolve) => {
    const overdue = setTimeout(() => socket.destroy(), ANSWER)
    socket.on('error', () => {})
    socket.once('data', () => {
      clearTimeout(overdue)
      resolve(socket)
    })
    socket.once('close', () => {
      clearTimeout(overdue)
      resolve(undefined)
    })
    socket.once('end', () => socket.end())
  })
}
