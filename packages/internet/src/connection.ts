import type { Socket } from 'node:net'
import { peerOf } from './address.ts'
import { callSafely } from './call-safely.ts'
import type { Placed } from './draining.ts'
import { errorOf } from './error-of.ts'
import type { Factory } from './factory.ts'
import { Protocol } from './protocol.ts'
import { SocketTransport } from './socket-transport.ts'

const CONNECTION = Symbol('connection')

type ConnectedSocket = Socket & { [CONNECTION]: Connection }

/** Brings the events of a socket to the protocol that the factory builds for it. */
class Connection {
  readonly #system: string
  readonly #transport: SocketTransport
  readonly #onClose: (socket: Socket) => void
  #protocol: Protocol | undefined
  #reason: Error | undefined

  constructor(system: string, socket: Socket, onClose: (socket: Socket) => void, context: Placed) {
    this.#system = system
    this.#onClose = onClose
    this.#transport = new SocketTransport(socket, peerOf(socket, context), context)
  }

  /** @returns what the factory built */
  made(factory: Factory): Protocol | undefined {
    const transport = this.#transport
    this.#call(() => {
      const protocol = factory.buildProtocol(transport.getPeer())
      this.#protocol = protocol
      return protocol ? protocol.makeConnection(transport) : transport.abortConnection()
    })
    return this.#protocol
  }

  received(data: Buffer): void {
    if (this.#transport.disconnecting) return
    this.#call(() => this.#protocol?.dataReceived(data))
  }

  failed(error: Error): void {
    this.#reason ??= error
  }

  lost(): void {
    const protocol = this.#protocol
    // Most protocols leave it as it is: there is nothing to call then.
    if (protocol && protocol.connectionLost !== Protocol.prototype.connectionLost) {
      this.#call(() => protocol.connectionLost(this.#reason))
    }
    this.#onClose(this.#transport.socket)
  }

  #call(event: () => void): void {
    callSafely(this.#system, event, (error) => {
      this.#reason ??= errorOf(error)
      this.#transport.socket.destroy(this.#reason)
    })
  }
}

// Shared by all sockets, which find their connection through `this`: a closure
// for each event of each connection would cost more than the rest of it.
function onData(this: ConnectedSocket, data: Buffer): void {
  this[CONNECTION].received(data)
}

function onError(this: ConnectedSocket, error: Error): void {
  this[CONNECTION].failed(error)
}

function onSocketClose(this: ConnectedSocket): void {
  this[CONNECTION].lost()
}

/** Returns what gives new connections to a factory, and returns its protocol. @internal */
export function connectTo(
  factory: Factory,
  system: string,
): (socket: Socket, onClose: (socket: Socket) => void, context: Placed) => Protocol | undefined {
  return (socket, onClose, context) => {
    const connected = socket as ConnectedSocket
    const connection = new Connection(system, socket, onClose, context)
    connected[CONNECTION] = connection
    socket.on('error', onError)
    socket.on('close', onSocketClose)
    const protocol = connection.made(factory)
    // After connectionMade, which may set up what dataReceived needs; one that has
    // already hung up hears nothing more.
    if (!socket.destroyed && !socket.writableEnded) socket.on('data', onData)
    return protocol
  }
}
