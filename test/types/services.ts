// Services, what holds them, and what listens.
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import {
  type Address,
  Application,
  type ConnectionListener,
  type DatagramListener,
  DatagramProtocol,
  type DatagramTransport,
  type IProcess,
  type IService,
  type IServiceCollection,
  isApplication,
  isServiceMaker,
  log,
  MultiService,
  Protocol,
  ServerFactory,
  Service,
  TCPServer,
  type TCPServerOptions,
  TimerService,
  type Transport,
  UDPServer,
  type UDPServerOptions,
  type UNIXAddress,
  UNIXServer,
  type UNIXServerOptions,
} from 'runnerd'
import { same } from './same.ts'

class PoetryService extends Service {
  poem = ''

  override async startService(): Promise<void> {
    await super.startService()
    this.poem = await readFile('poem.txt', 'utf8')
  }

  override stopService(): void {
    super.stopService()
  }
}

class PoetryProtocol extends Protocol<PoetryFactory> {
  override connectionMade(): void {
    same<typeof this.transport, Transport>()
    this.transport.write(this.factory.poem)
    this.transport.loseConnection()
  }

  override dataReceived(data: Buffer): void {
    this.transport.write(data)
  }

  override connectionLost(reason?: Error): void {
    log.msg(reason)
  }
}

class PoetryDatagrams extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: Address): void {
    same<typeof this.transport, DatagramTransport>()
    this.transport.write(data, address)
  }
}

// What a test gives a protocol, or an endpoint that accepts connections itself.
class RememberedTransport implements Transport {
  readonly written: (string | Uint8Array)[] = []
  readonly draining = new AbortController().signal
  disconnecting = false
  readonly socket: Socket
  readonly #address: Address

  constructor(socket: Socket, address: Address) {
    this.socket = socket
    this.#address = address
  }

  write(data: string | Uint8Array): void {
    this.written.push(data)
  }

  writeSequence(pieces: Iterable<string | Uint8Array>): void {
    this.written.push(...pieces)
  }

  loseConnection(): void {
    this.disconnecting = true
  }

  abortConnection(): void {}

  getPeer(): Address {
    return this.#address
  }

  getHost(): Address {
    return this.#address
  }
}

export const give = (protocol: Protocol, socket: Socket, address: Address): void | Promise<void> =>
  protocol.makeConnection(new RememberedTransport(socket, address))

class PoetryFactory extends ServerFactory {
  override protocol = PoetryProtocol
  poem = 'No man is an island'

  override buildProtocol(address: Address): Protocol | undefined {
    return address.port === 0 ? undefined : super.buildProtocol(address)
  }
}

const application = new Application('poetry', 1, 1)
const collection: IServiceCollection = application
const aProcess: IProcess = application
const services: IService[] = [
  application,
  new MultiService(),
  new PoetryService(),
  new TCPServer(0, new PoetryFactory()),
  new TCPServer(0, (socket) => same<typeof socket, Socket>(), { interface: 'localhost' }),
  new UNIXServer('poetry.sock', new PoetryFactory(), { mode: 0o660 }),
  new UNIXServer('poetry.sock', (socket) => same<typeof socket, Socket>()),
  new UDPServer(0, new PoetryDatagrams(), { interface: 'localhost' }),
  new UDPServer(0, (data, from, socket) => socket.send(data, from.port, from.address)),
  new TimerService(1, () => {}),
  new TimerService(1, (text: string, count: number) => text.repeat(count), 'a', 2),
]
const { stopTimeout } = new PoetryService()
same<typeof stopTimeout, number | undefined>()
same<ReturnType<UNIXServer['address']>, UNIXAddress | undefined>()
export const datagramListener: DatagramListener = (data) => log.msg(data.length)
export const unixOptions: UNIXServerOptions = { backlog: 5, closeTimeout: 1 }
export const udpOptions: UDPServerOptions = {}
for (const service of services) service.setServiceParent(collection)
for (const service of collection) same<typeof service, IService>()
same<typeof aProcess.uid, number | undefined>()

// A value that may be missing can be handed on as it is.
const backlog = Math.random() > 2 ? 1 : undefined
const options: TCPServerOptions = { interface: 'localhost', backlog, closeTimeout: undefined }
same<ReturnType<TCPServer['address']>, Address | undefined>()
const listener: ConnectionListener = async (socket) => socket.end('hello')
new TCPServer(1, listener, options)

const value: unknown = application
if (isApplication(value)) same<typeof value, Application>()
if (isServiceMaker(value)) same<typeof value.tapname, string>()

log.msg('text', { system: 'Poetry', level: 'warn' })
log.err(new Error('no poem'), 'Cannot read it')
same<ReturnType<typeof log.debug>, void>()
const length = log.withSystem('Poetry', () => 'abc'.length)
same<typeof length, number>()
