import type { Socket } from 'node:net'
import { peerOf } from './address.ts'
import { callSafely } from './call-safely.ts'
import type { Protocol } from './protocol.ts'
import type { ServerFactory } from './server-factory.ts'
import { Transport } from './transport.ts'

const CONNECTION = Symbol('connection')

type ConnectedSocket = Socket & { [CONNECTION]: Connection }

/** Brings the events of a socket to the protocol that the factory builds for it. */
class Connection {
  readonly #system: string
  readonly #transport: Transport
  #protocol: Protocol | undefined
  #reason: Error | undefined

  constructor(system: string, socket: Socket) {
    this.#system = system
    this.#transport = new Transport(socket, peerOf(socket))
  }

  made(factory: ServerFactory): void {
    const transport = this.#transport
    this.#call(() => {
      const protocol = factory.buildProtocol(transport.getPeer())
      this.#protocol = protocol
      return protocol ? protocol.makeConnection(transport) : transport.abortConnection()
    })
  }

  received(data: Buffer): void {
    this.#call(() => this.#protocol?.dataReceived(data))
  }

  failed(error: Error): void {
    this.#reason ??= error
  }

  lost(): void {
    this.#call(() => this.#protocol?.connectionLost(this.#reason))
  }

  #call(event: () => void): void {
    callSafely(this.#system, event, (error) => {
      this.#reason ??= error instanceof Error ? error : new Error(String(error), { cause: error })
      this.#transport.abortConnection()
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

function onClose(this: ConnectedSocket): void {
  this[CONNECTION].lost()
}

/** Gives a new connection to a factory. @internal */
export function connect(factory: ServerFactory, system: string, socket: Socket): void {
  const connected = socket as ConnectedSocket
  const connection = new Connection(system, socket)
  connected[CONNECTION] = connection
  socket.on('error', onError)
  socket.on('close', onClose)
  connection.made(factory)
  // After connectionMade, which may set up what dataReceived needs; one that has
  // already hung up hears nothing more.
  if (!socket.destroyed && !socket.writableEnded) socket.on('data', onData)
}
