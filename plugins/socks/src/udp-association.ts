import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { plainAddress } from './addresses.ts'
import type { Where } from './request.ts'
import type { Rules } from './rules.ts'
import { TokenBucket } from './token-bucket.ts'
import { readDatagram, writeDatagram } from './udp-datagram.ts'
import { UdpNames } from './udp-names.ts'

/** How many datagrams may wait to be sent. */
const MOST_WAITING = 256

/** How many addresses a client may have sent to and get answers from. */
const MOST_PEERS = 1000

/** What an association has passed on and dropped. */
export interface UdpCounts {
  sent: number
  received: number
  dropped: number
}

/**
 * Passes on datagrams for one client. Those of the client come to a socket of its own,
 * from its address and from one port; those of others come from addresses that the
 * client has sent to. Whatever can't be passed on is dropped, as on any way.
 */
export class UdpAssociation {
  readonly counts: UdpCounts = { sent: 0, received: 0, dropped: 0 }
  readonly #inside: string
  readonly #client: string
  readonly #names: UdpNames
  readonly #bucket: TokenBucket
  readonly #peers = new Set<string>()
  readonly #outward = new Map<boolean, Promise<UdpSocket>>()
  readonly #inner: UdpSocket
  #clientPort: number
  #waiting = 0
  #isOpen = true

  /**
   * @param inside where the client sends to: the address of this machine that it knows
   * @param client from which address it sends, and from which port; 0 is that of the first
   * @param rate how many datagrams a second are passed on from it; 0 is any number
   */
  constructor(inside: string, client: Where, rules: Rules, rate: number) {
    this.#inside = inside
    this.#client = client.address
    this.#clientPort = client.port
    this.#names = new UdpNames(rules)
    this.#bucket = new TokenBucket(rate)
    this.#inner = createSocket(isIPv6(inside) ? 'udp6' : 'udp4')
    this.#inner.on('message', (bytes, from) => void this.#fromClient(bytes, from))
  }

  /** Takes a port. @returns where the client sends to @throws the system's error */
  async open(): Promise<Where> {
    await bound(this.#inner, this.#inside)
    return this.#inner.address()
  }

  /** Passes nothing on any more. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#inner.close()
    for (const socket of this.#outward.values())
      socket.then(
        (each) => each.close(),
        () => {},
      )
  }

  async #fromClient(bytes: Buffer, { address, port }: RemoteInfo): Promise<void> {
    if (plainAddress(address) !== this.#client) return
    if (this.#clientPort === 0) this.#clientPort = port
    const datagram = port === this.#clientPort ? readDatagram(bytes) : undefined
    if (datagram === undefined || !this.#bucket.take()) return this.#drop()
    const to = await this.#names.find(datagram.destination)
    if (to === undefined || datagram.destination.port === 0) return this.#drop()
    try {
      const socket = await this.#outwardTo(isIPv6(to))
      this.#remember(plainAddress(to))
      this.#send(socket, datagram.data, datagram.destination.port, to, 'sent')
    } catch {
      this.#drop()
    }
  }

  #fromOutside(data: Buffer, { address, port }: RemoteInfo): void {
    const from = plainAddress(address)
    if (!this.#peers.has(from)) this.#drop()
    else
      this.#send(
        this.#inner,
        writeDatagram({ address: from, port }, data),
        this.#clientPort,
        this.#client,
        'received',
      )
  }

  #send(socket: UdpSocket, data: Buffer, port: number, to: string, as: keyof UdpCounts): void {
    if (!this.#isOpen) return
    if (this.#waiting >= MOST_WAITING) {
      this.#drop()
      return
    }
    this.#waiting += 1
    socket.send(data, port, to, (error) => {
      this.#waiting -= 1
      if (error) this.#drop()
      else this.counts[as] += 1
    })
  }

  #outwardTo(isSix: boolean): Promise<UdpSocket> {
    const there = this.#outward.get(isSix)
    if (there !== undefined) return there
    const socket = createSocket({ type: isSix ? 'udp6' : 'udp4', ipv6Only: isSix })
    socket.on('message', (data, from) => this.#fromOutside(data, from))
    const opened = bound(socket, undefined).then(() => socket)
    this.#outward.set(isSix, opened)
    return opened
  }

  #remember(address: string): void {
    this.#peers.delete(address)
    this.#peers.add(address)
    if (this.#peers.size > MOST_PEERS)
      this.#peers.delete(this.#peers.values().next().value as string)
  }

  #drop(): void {
    this.counts.dropped += 1
  }
}

/** Binds a socket to any port. @throws the system's error */
async function bound(socket: UdpSocket, address: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ port: 0, ...(address === undefined ? {} : { address }) }, resolve)
  })
  // A datagram that could not be delivered is lost, and no reason to end.
  socket.on('error', () => {})
}
