import { type Address, DatagramProtocol } from 'runnerd'
import { plainAddress } from './addresses.ts'
import type { Responder, Response } from './responder.ts'

/** Answers datagrams, each by one. */
export class DNSDatagrams extends DatagramProtocol {
  readonly #responder: Responder

  constructor(responder: Responder) {
    super()
    this.#responder = responder
  }

  override datagramReceived(message: Buffer, address: Address): void {
    // It can't be answered, and who says so lies about where it is from.
    if (address.port === 0) return
    const client = { address: plainAddress(address.host), port: address.port, isStream: false }
    const response = this.#responder.answer(message, client)
    if (response instanceof Promise) void response.then((late) => this.#send(late, address))
    else this.#send(response, address)
  }

  #send(response: Response, address: Address): void {
    if (Buffer.isBuffer(response)) this.transport.write(response, address)
  }
}
