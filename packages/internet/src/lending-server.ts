import type { ListenerDescription } from '@runnerd/service'
import { datagramPlaceOf } from './datagram-place.ts'
import { splitEndpoint } from './endpoint-string.ts'
import { EndpointStringError } from './endpoint-string-error.ts'
import { LendingPort, type SocketBorrower } from './lending-port.ts'
import { ListeningService } from './listening-service.ts'
import { placeOf } from './place-of.ts'
import type { PortSocket } from './port.ts'
import { serverPlaceOf } from './server-place.ts'
import type { Succession } from './succession.ts'
import { takePath } from './take-path.ts'
import { takePort } from './take-port.ts'
import { takeUdp } from './take-udp.ts'

/** How a `LendingServer` listens. */
export interface LendingServerOptions {
  /** Of an IPv6 address: leave IPv4 to others, which `::` takes too by default. */
  readonly ipv6Only?: boolean | undefined

  /**
   * Lend it when the generation before is done with it, and not as soon as this one
   * runs. What it was lent to goes on meanwhile; `drain` tells when it has ended.
   */
  readonly succession?: Pick<Succession, 'clear' | 'isClear'> | undefined
}

/**
 * A service that has a socket for others, such as programs that are started when
 * somebody comes: it sees that a connection or a datagram is waiting, takes nothing, and
 * lends the socket by its descriptor. What inetd calls `wait`, and systemd `Accept=no`.
 *
 * It is bound, started, stopped and handed over in a reload as a {@link TCPServer} is.
 * After `drain` or `stopService` it lends no more; who has it then, has it in a process
 * of its own. Two processes that share a socket see the same client, and both lend it:
 * workers always, so that a plugin should declare `workers: false`, and the generations
 * of a reload for a while, unless there is a {@link Succession}.
 *
 * @throws {@link CannotListenError} from either half of the start if it can't be had
 *
 * @example
 * import { spawn } from 'node:child_process'
 * import { once } from 'node:events'
 * import { LendingServer, MultiService } from 'runnerd'
 *
 * const top = new MultiService()
 * new LendingServer('udp:69', async (descriptor) => {
 *   const stdio = [descriptor, descriptor, 'inherit'] as const
 *   await once(spawn('/usr/sbin/in.tftpd', ['-s', '/srv/tftp'], { stdio: [...stdio] }), 'exit')
 * }).setServiceParent(top)
 */
export class LendingServer extends ListeningService<LendingPort> {
  /**
   * @param listen - an endpoint string: `tcp:`, `tcp6:`, `udp:`, `udp6:` or `unix:`, as
   * other servers take it, but for `backlog=`
   * @param borrower - called with the descriptor when something is waiting, and not
   * again until its promise has settled
   * @param options - how it listens
   * @throws {@link UsageError} naming the part of the string that is wrong
   */
  constructor(listen: string, borrower: SocketBorrower, options: LendingServerOptions = {}) {
    const [take, place] = takerOf(listen, options)
    const name = borrower.name || 'LendingServer'
    const { succession } = options
    const after = (): Promise<void> | undefined =>
      succession?.isClear === false ? succession.clear : undefined
    super(async () => new LendingPort(await take(), borrower, name, after), place)
  }
}

function takerOf(
  listen: string,
  { ipv6Only }: LendingServerOptions,
): [take: () => Promise<PortSocket>, place: ListenerDescription] {
  const words = splitEndpoint(listen)
  if (words.prefix.startsWith('udp')) {
    const place = datagramPlaceOf(listen)
    if (place.kind === 'udp') {
      const { interface: name, port } = place
      const take = async () => ({ socket: await takeUdp(name, port, ipv6Only) })
      return [take, placeOf('udp', name, port)]
    }
  }
  const place = serverPlaceOf(listen, words)
  if (place?.kind === 'tcp' && place.tls === undefined) {
    const { interface: name, port } = place
    return [() => takePort(name, port, ipv6Only), placeOf('tcp', name, port)]
  }
  if (place?.kind === 'unix') {
    const { path, mode = 0o666 } = place
    return [() => takePath(path, mode), { kind: 'unix', address: path }]
  }
  throw new EndpointStringError(listen, 'a socket of this type is not lent')
}
