import type { Socket } from 'node:dgram'
import { log } from '@runnerd/logging'
import type { ListenerDescription } from '@runnerd/service'
import { type Address, UNIXAddress } from './address.ts'
import { callSafely } from './call-safely.ts'
import type { ReceivedDatagram } from './datagram-handle.ts'
import type { DatagramProtocol } from './datagram-protocol.ts'
import type { DatagramTransport } from './datagram-transport.ts'
import type { ServicePort } from './listening-service.ts'
import type { DatagramPath } from './take-datagram-path.ts'

/** No system keeps more of them waiting. */
const MOST_WAITING = 1024

/**
 * A bound UNIX socket for datagrams: receives when it is told to. What arrives before
 * waits in the system's queue.
 *
 * @see Twisted's `twisted.internet.unix.DatagramPort`
 *
 * @internal
 */
export class UNIXDatagramPort implements ServicePort, DatagramTransport {
  readonly #bound: DatagramPath
  readonly #protocol: DatagramProtocol
  readonly #name: string
  readonly #address: UNIXAddress
  #isOpen = true
  #hasStarted = false

  constructor(bound: DatagramPath, protocol: DatagramProtocol, name: string) {
    this.#bound = bound
    this.#protocol = protocol
    this.#name = name
    this.#address = new UNIXAddress(bound.path)
    log.msg(`${name} starting on '${bound.path}'`)
  }

  get socket(): Socket {
    throw new TypeError('Node has no socket for datagrams of UNIX')
  }

  async startListening(): Promise<void> {
    this.#protocol.makeConnection(this)
    log.msg(`Starting protocol <${this.#name}>`)
    await log.withSystem(this.#name, () => this.#protocol.startProtocol())
    this.#hasStarted = true
    if (!this.#isOpen) return
    this.#bound.replace()
    this.#bound.handle.receive((datagram) => this.#received(datagram))
  }

  write(data: string | Uint8Array, address: Pick<Address, 'host' | 'port'>): void {
    if (!this.#isOpen) return
    const { name = '' } = address as Partial<UNIXAddress>
    try {
      this.#bound.handle.send(typeof data === 'string' ? Buffer.from(data) : data, name)
    } catch (error) {
      log.err(error, `Could not send a datagram to '${name}'`)
    }
  }

  getHost(): UNIXAddress {
    return this.#address
  }

  describe(): ListenerDescription {
    return { kind: 'unix datagram', address: this.#address.name }
  }

  /** Reads what has come, and closes it. */
  async stopListening(): Promise<void> {
    this.#bound.remove()
    const { handle } = this.#bound
    if (this.#hasStarted) handle.readRest((datagram) => this.#received(datagram), MOST_WAITING)
    this.#isOpen = false
    handle.close()
    log.msg(`(UNIX Port '${this.#address.name}' Closed)`)
    if (!this.#hasStarted) return
    log.msg(`Stopping protocol <${this.#name}>`)
    await log.withSystem(this.#name, () => this.#protocol.stopProtocol())
  }

  #received({ data, path, credentials }: ReceivedDatagram): void {
    const address = new UNIXAddress(path, credentials)
    const event = (): unknown => this.#protocol.datagramReceived(data, address)
    callSafely(this.#name, event as () => void, () => {})
  }
}
