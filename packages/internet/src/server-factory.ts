import { Factory } from './factory.ts'

/**
 * Makes a protocol for each connection, and holds what they share. One factory
 * may serve several ports.
 *
 * @see Twisted's `twisted.internet.protocol.ServerFactory`
 *
 * @example
 * import { type Address, Protocol, ServerFactory } from 'runnerd'
 *
 * class EchoProtocol extends Protocol {
 *   override dataReceived(data: Buffer): void {
 *     this.transport.write(data)
 *   }
 * }
 *
 * export class LocalEchoFactory extends ServerFactory {
 *   override protocol = EchoProtocol
 *
 *   override buildProtocol(address: Address): Protocol | undefined {
 *     return address.host === '127.0.0.1' ? super.buildProtocol(address) : undefined
 *   }
 * }
 */
export class ServerFactory extends Factory {}
