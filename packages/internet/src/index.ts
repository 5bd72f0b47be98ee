/**
 * Services that deal with the outside world: `TCPServer`, `TLSServer`, `HTTPServer`,
 * `UNIXServer` and `UDPServer` listen, on endpoints of any kind
 * `StreamServerEndpointService` does; `ClientService`, `TCPClient`, `TLSClient` and
 * `UNIXClient` connect, `TimerService` ticks. `Protocol`, its factories and
 * `DatagramProtocol` are Twisted's, thin over Node's sockets; a plain function of a
 * socket does as well.
 *
 * @packageDocumentation
 *
 * @example
 * ```ts
 * import { Protocol, ServerFactory, TCPServer } from '@runnerd/internet'
 * import { MultiService } from '@runnerd/service'
 *
 * class PoetryProtocol extends Protocol<PoetryFactory> {
 *   override connectionMade(): void {
 *     this.transport.write(this.factory.poem)
 *     this.transport.loseConnection()
 *   }
 * }
 *
 * class PoetryFactory extends ServerFactory {
 *   override protocol = PoetryProtocol
 *   poem = 'No man is an island'
 * }
 *
 * const top = new MultiService()
 * new TCPServer(10000, new PoetryFactory(), { interface: 'localhost' }).setServiceParent(top)
 * await top.startService()
 * ```
 */
export type { ConnectionListener } from './accept.ts'
export { type Address, UNIXAddress, type UNIXCredentials } from './address.ts'
export { type BackoffPolicyOptions, backoffPolicy, type RetryPolicy } from './backoff-policy.ts'
export { CancelledError } from './cancelled-error.ts'
export { certificateOptions } from './certificate-options.ts'
export { ClientFactory } from './client-factory.ts'
export { clientFromString } from './client-from-string.ts'
export { ClientService, type ClientServiceOptions } from './client-service.ts'
export { type Clock, type IDelayedCall, systemClock } from './clock.ts'
export { ConnectError } from './connect-error.ts'
export { connectProtocol } from './connect-protocol.ts'
export type { IConnector } from './connector.ts'
export { DatagramProtocol } from './datagram-protocol.ts'
export type { DatagramTransport } from './datagram-transport.ts'
export type { ConnectionContext } from './draining.ts'
export { quoteStringArgument } from './endpoint-string.ts'
export { CannotListenError, type PortHolder } from './errors.ts'
export { Factory } from './factory.ts'
export { fetchListener } from './fetch-listener.ts'
export {
  type ClientEndpointOptions,
  HostnameEndpoint,
  type HostnameEndpointOptions,
} from './hostname-endpoint.ts'
export type {
  FetchHandler,
  HTTPListener,
  HTTPRefusal,
  UpgradeListener,
} from './http-handler.ts'
export { type HTTPListen, HTTPServer, type HTTPServerOptions } from './http-server.ts'
export type {
  ClientServed,
  Connected,
  IStreamClientEndpoint,
  IStreamClientEndpointStringParser,
} from './i-client-endpoint.ts'
export type {
  IListeningPort,
  IStreamServerEndpoint,
  IStreamServerEndpointStringParser,
  StreamServerOptions,
} from './i-endpoint.ts'
export type { SocketBorrower } from './lending-port.ts'
export { LendingServer, type LendingServerOptions } from './lending-server.ts'
export { type ListenValues, listenEndpoints } from './listen-endpoints.ts'
export { type ListenDefaults, type ListenOptionsSpec, listenOptions } from './listen-options.ts'
export { listenHTTPService, listenService, listenSocketService } from './listen-service.ts'
export { PasswordService } from './password-service.ts'
export { Protocol } from './protocol.ts'
export { ServerFactory } from './server-factory.ts'
export { serverFromString } from './server-from-string.ts'
export { type SocketServed, SocketServer } from './socket-server.ts'
export { StreamClientEndpoint } from './stream-client-endpoint.ts'
export { StreamServerEndpointService } from './stream-server-endpoint-service.ts'
export { type Strports, strports } from './strports.ts'
export { Succession } from './succession.ts'
export { TCPClient, type TCPClientOptions } from './tcp-client.ts'
export { TCPServer, type TCPServerOptions } from './tcp-server.ts'
export { TimerService, type TimerServiceOptions } from './timer-service.ts'
export { TLSClient, type TLSClientOptions } from './tls-client.ts'
export { TLSFileError } from './tls-file-error.ts'
export { TLSServer, type TLSServerOptions } from './tls-server.ts'
export type { Transport } from './transport.ts'
export { type DatagramListener, UDPServer, type UDPServerOptions } from './udp-server.ts'
export { UNIXClient, type UNIXClientOptions } from './unix-client.ts'
export { UNIXClientEndpoint } from './unix-client-endpoint.ts'
export {
  type UNIXDatagramListener,
  UNIXDatagramServer,
  type UNIXDatagramServerOptions,
} from './unix-datagram-server.ts'
export { UNIXServer, type UNIXServerOptions } from './unix-server.ts'
export { type ClientTLSOptions, wrapClientTLS } from './wrap-client-tls.ts'
