import type { RemoteInfo, Socket, SocketOptions } from 'node:dgram'
import { lookup as systemLookup } from 'node:dns'
import { isIP } from 'node:net'
import { log } from '@runnerd/logging'
import type { ListenerDescription } from '@runnerd/service'
import { Address } from './address.ts'
import { addressOf, type BoundHandle } from './bind-handle.ts'
import { callSafely } from './call-safely.ts'
import type { DatagramProtocol } from './datagram-protocol.ts'
import type { DatagramTransport } from './datagram-transport.ts'
import type { ServicePort } from './listening-service.ts'
import { type BoundSocket, releaseSocket } from './sockets.ts'

/** How long a close waits for what is being sent, in ms. */
const CLOSE_TIMEOUT = 500

/** Node's own handle of a UDP socket, as far as it is used here. */
interface UdpHandle extends BoundHandle {
  recvStart(): void
  recvStop(): void
}

/**
 * A bound UDP port: receives when it is told to. What arrives before waits in the
 * system's queue.
 *
 * @see Twisted's `twisted.internet.udp.Port`
 *
 * @internal
 */
export class UdpPort implements ServicePort, DatagramTransport {
  readonly #address: Address
  readonly socket: Socket
  readonly #bound: BoundSocket
  readonly #protocol: DatagramProtocol
  readonly #name: string
  #isOpen = true
  #hasStarted = false
  #sending = 0
  #whenSent: (() => void) | undefined

  constructor(bound: BoundSocket, socket: Socket, protocol: DatagramProtocol, name: string) {
    const info = addressOf(bound.handle)
    this.#address = new Address(info.address, info.port, 'UDP')
    this.socket = socket
    this.#bound = bound
    this.#protocol = protocol
    this.#name = name
    log.msg(`${name} starting on ${info.port}`)
  }

  async startListening(): Promise<void> {
    const { socket } = this
    const handle = this.#bound.handle as UdpHandle
    socket.on('error', (error) => log.err(error, `UDP port ${this.#address.port}`))
    // Node's types know no handle here, which it takes since 0.12; and then receives.
    socket.bind(handle as never)
    handle.recvStop()
    this.#protocol.makeConnection(this)
    log.msg(`Starting protocol <${this.#name}>`)
    await log.withSystem(this.#name, () => this.#protocol.startProtocol())
    this.#hasStarted = true
    if (!this.#isOpen) return
    socket.on('message', (data, from) => this.#received(data, from))
    handle.recvStart()
  }

  /** Receives no more; what is received already may still be answered. */
  async drain(): Promise<void> {
    ;(this.#bound.handle as UdpHandle).recvStop()
  }

  write(data: string | Uint8Array, { host, port }: Pick<Address, 'host' | 'port'>): void {
    if (!this.#isOpen) return
    this.socket.send(data, port, host, (error) => {
      this.#sending -= 1
      if (this.#sending === 0) this.#whenSent?.()
      if (error) log.err(error, `Could not send a datagram to ${host}:${port}`)
    })
    this.#sending += 1
  }

  getHost(): Address {
    return this.#address
  }

  describe(): ListenerDescription {
    const { host, port } = this.#address
    return { kind: 'udp', address: host, port }
  }

  /** Sends what was written, and closes it. */
  async stopListening(): Promise<void> {
    await this.#sent()
    this.#isOpen = false
    releaseSocket(this.#bound)
    const closed = new Promise<void>((resolve) => this.socket.close(resolve))
    Object.assign(this.socket, { send: tooLate })
    this.#bound.handle.close()
    await closed
    log.msg(`(UDP Port ${this.#address.port} Closed)`)
    if (!this.#hasStarted) return
    log.msg(`Stopping protocol <${this.#name}>`)
    await log.withSystem(this.#name, () => this.#protocol.stopProtocol())
  }

  #received(data: Buffer, from: RemoteInfo): void {
    const address = new Address(from.address, from.port, 'UDP')
    const event = (): unknown => this.#protocol.datagramReceived(data, address)
    callSafely(this.#name, event as () => void, () => {})
  }

  async #sent(): Promise<void> {
    if (this.#sending === 0) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#whenSent = resolve
      timer = setTimeout(resolve, CLOSE_TIMEOUT)
    })
    clearTimeout(timer)
  }
}

/**
 * In the place of a `send` of Node's, which throws once the socket is closed: from the
 * timer of whoever answers late that would end the process, and not only him.
 */
function tooLate(...args: unknown[]): void {
  const callback = args.at(-1)
  if (typeof callback !== 'function') return
  const error = new Error('The port is closed')
  process.nextTick(callback, Object.assign(error, { code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' }))
}

/**
 * Makes a port of a socket that is taken.
 *
 * @throws what taking it throws
 *
 * @internal
 */
export async function bindUdp(
  take: () => Promise<BoundSocket>,
  protocol: DatagramProtocol,
  called: string,
): Promise<UdpPort> {
  const { createSocket } = await import('node:dgram')
  const bound = await take()
  const isIPv6 = addressOf(bound.handle).address.includes(':')
  const type = isIPv6 ? 'udp6' : 'udp4'
  return new UdpPort(bound, createSocket({ type, lookup }), protocol, called)
}

/** Node would look up addresses too, and send nothing before the next tick. */
const lookup: SocketOptions['lookup'] = (name, options, callback) => {
  const family = isIP(name)
  if (family === 0) systemLookup(name, options, callback)
  else callback(null, name, family)
}
