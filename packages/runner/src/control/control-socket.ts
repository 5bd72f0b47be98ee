import { type BigIntStats, lchownSync, lstatSync, unlinkSync } from 'node:fs'
import net, { type Server, type Socket } from 'node:net'
import type { PipeHandle } from './bind-control.ts'

/** How many clients are served at a time; more are turned away. */
const MOST_CLIENTS = 32

/** A control socket that is this process's, from its making to its end. */
export class ControlSocket {
  readonly path: string
  /** What a successor needs to listen on the same socket. */
  readonly handle: PipeHandle
  #file: BigIntStats | undefined
  #server: Server | undefined

  constructor(path: string, handle: PipeHandle) {
    this.path = path
    this.handle = handle
    this.#file = lookAt(path)
  }

  /** Has clients accepted from now on. They keep no process up. */
  listen(accept: (socket: Socket) => void): void {
    const server = net.createServer((socket) => {
      socket.unref()
      accept(socket)
    })
    server.maxConnections = MOST_CLIENTS
    // A client that can't be accepted, for want of descriptors, may try again.
    server.on('error', () => {})
    server.listen(this.handle)
    server.unref()
    this.#server = server
  }

  /** Gives it to the user that this process is about to become. */
  giveTo(uid: number, gid: number): void {
    if (this.#isOurs()) lchownSync(this.path, uid, gid)
  }

  /** Accepts nobody any more, and leaves the socket to the process that has taken it over. */
  letGo(): void {
    if (this.#server) this.#server.close()
    else this.handle.close()
    this.#server = undefined
    this.#file = undefined
  }

  /** Removes it, if it is still this process's; doing so twice does nothing. */
  remove(): void {
    try {
      if (this.#isOurs()) unlinkSync(this.path)
    } catch {
      // Not ours to remove any more: then the keeper does.
    }
    if (this.#server) this.letGo()
  }

  #isOurs(): boolean {
    const there = lookAt(this.path)
    return there !== undefined && there.ino === this.#file?.ino && there.dev === this.#file.dev
  }
}

/**
 * With `bigint`: if what Node looked at last without it was a socket, it finds no module
 * behind a link any more.
 */
function lookAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}
