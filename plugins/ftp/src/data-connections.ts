import { connect, createServer, type Server, type Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import { log } from 'runnerd'
import { anyPorts } from './any-ports.ts'
import { plainAddress } from './control-connection.ts'
import type { DataAddress } from './data-address.ts'
import { giveWay } from './give-way.ts'
import { type PortRange, portsOf } from './port-range.ts'
import { ReadAhead } from './read-ahead.ts'
import { Refusal } from './refusal.ts'

/** How long the other end of a data connection is waited for, in ms. */
const PATIENCE = 30_000

/** How long a port waits for its client who doesn't come, and asks for nothing, in ms. */
const UNUSED = 60_000

/** The way to the next data connection that a client has asked for. */
type Way =
  | { readonly kind: 'passive'; readonly server: Server; readonly arrived: Promise<Socket> }
  | { readonly kind: 'active'; readonly to: DataAddress; readonly from: string }

/**
 * The data connections of one session, one at a time. Only the client's own address is
 * connected to, or accepted from.
 */
export class DataConnections {
  #way: Way | undefined
  #socket: Socket | undefined
  #giveUp = (): void => {}

  /** Whether the client has said how the next one is to be made. */
  get isAskedFor(): boolean {
    return this.#way !== undefined
  }

  /**
   * Waits on a port for the client.
   *
   * @param host - the address to listen on: the one that the client knows
   * @throws Refusal if there is no port left
   */
  async listen(host: string, peer: string, range: PortRange | undefined): Promise<number> {
    this.forget()
    const ports = range === undefined ? anyPorts() : portsOf(range)
    const ahead = new ReadAhead()
    for (const port of ports) {
      const server = createServer({ allowHalfOpen: true, ...ahead.options })
      const arrived = firstFrom(server, peer)
      // Nobody may ever wait for it.
      arrived.catch(() => {})
      const bound = await portOf(server, host, port)
      if (bound === undefined) continue
      // When the connection is over, too.
      server.on('close', () => ahead.end())
      const way: Way = { kind: 'passive', server, arrived }
      this.#way = way
      this.#forgetUnused(way, server)
      await giveWay()
      return bound
    }
    ahead.end()
    throw new Refusal(425, 'No port is free for a data connection; try again.')
  }

  /** There may be few ports, and a session may be silent for long. */
  #forgetUnused(way: Way, server: Server): void {
    const timer = setTimeout(() => {
      if (this.#way === way) this.forget()
    }, UNUSED)
    timer.unref()
    server.on('close', () => clearTimeout(timer))
  }

  /** Will connect to the client, from the address it knows. */
  useActive(to: DataAddress, from: string): void {
    this.forget()
    this.#way = { kind: 'active', to, from }
  }

  /**
   * The data connection, once there is one; `cut` gives it up.
   *
   * @throws Refusal
   */
  async open(): Promise<Socket> {
    const way = this.#way
    this.#way = undefined
    this.#socket?.destroy()
    if (way === undefined) throw new Refusal(503, 'PASV, EPSV, PORT or EPRT required first.')
    const opening = way.kind === 'passive' ? way.arrived : connected(way.to, way.from)
    try {
      this.#socket = await this.#orGivenUp(opening)
      return this.#socket
    } catch {
      throw notOpened()
    } finally {
      if (way.kind === 'passive') way.server.close()
    }
  }

  /** Waits for no client, whatever was asked for; returns what is said then. */
  refuse(): Refusal {
    this.forget()
    return notOpened()
  }

  /** Puts TLS over the connection; this end is the server of it in either mode (RFC 4217, 7). */
  secure(socket: Socket, secureContext: SecureContext): Socket {
    const ahead = { highWaterMark: socket.readableHighWaterMark }
    const secured = new TLSSocket(socket, { isServer: true, secureContext, ...ahead })
    secured.on('error', () => {})
    secured.on('close', () => socket.destroy())
    this.#socket = secured
    return secured
  }

  /** Waits for the client no more, if nothing is under way. */
  forget(): void {
    if (this.#way?.kind === 'passive') {
      this.#way.server.close()
      this.#way.arrived.then(
        (socket) => socket.destroy(),
        () => {},
      )
    }
    this.#way = undefined
  }

  /** Cuts the connection, or the waiting for it. */
  cut(): void {
    this.#giveUp()
    this.#socket?.destroy()
  }

  /** Cuts what there is, and what may come. */
  close(): void {
    this.forget()
    this.cut()
  }

  /** What comes too late is closed. */
  async #orGivenUp(opening: Promise<Socket>): Promise<Socket> {
    return await new Promise((resolve, reject) => {
      let isOver = false
      const settle = (how: () => void): void => {
        isOver = true
        clearTimeout(timer)
        this.#giveUp = () => {}
        how()
      }
      this.#giveUp = () => settle(() => reject(new Error('given up')))
      const timer = setTimeout(this.#giveUp, PATIENCE)
      opening.then(
        (socket) => (isOver ? socket.destroy() : settle(() => resolve(socket))),
        (error) => isOver || settle(() => reject(error)),
      )
    })
  }
}

function notOpened(): Refusal {
  return new Refusal(425, "Can't open data connection.")
}

/** The first connection from the client; others are closed, and end nothing. */
function firstFrom(server: Server, peer: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let hasCome = false
    server.on('connection', (socket) => {
      socket.on('error', () => {})
      const from = plainAddress(socket.remoteAddress)
      if (from !== peer) {
        log.warn(`Refused a data connection of ${peer} to ${from}`, { system: 'ftp' })
        socket.destroy()
        return
      }
      hasCome = true
      server.close()
      resolve(socket)
    })
    server.on('close', () => hasCome || reject(new Error('closed')))
  })
}

/** The port that it listens on now; `undefined` if somebody else has it. */
async function portOf(server: Server, host: string, port: number): Promise<number | undefined> {
  return await new Promise((resolve) => {
    server.on('error', () => resolve(undefined))
    server.listen({ port, host, backlog: 4, exclusive: true }, () => {
      const address = server.address()
      resolve(typeof address === 'object' ? address?.port : undefined)
    })
  })
}

function connected({ host, port }: DataAddress, localAddress: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const ahead = new ReadAhead()
    const socket = connect({ host, port, localAddress, allowHalfOpen: true, ...ahead.options })
    socket.on('close', () => ahead.end())
    socket.on('error', reject)
    socket.on('connect', () => resolve(socket))
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error('no answer')))
  })
}
