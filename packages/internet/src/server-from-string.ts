import { splitEndpoint } from './endpoint-string.ts'
import { parseForeign } from './endpoint-types.ts'
import type { IListeningPort, IStreamServerEndpoint } from './i-endpoint.ts'
import { placeOf } from './place-of.ts'
import { type ServerPlace, serverPlaceOf, serverPrefixes } from './server-place.ts'
import { StreamEndpoint } from './stream-endpoint.ts'
import { takeInherited } from './take-inherited.ts'
import { takePath } from './take-path.ts'
import { takePort } from './take-port.ts'
import { TLSContext } from './tls-context.ts'

/**
 * Makes an endpoint out of its description. Nothing is bound yet.
 *
 * | description | is |
 * | --- | --- |
 * | `tcp:PORT` | a TCP port; `interface=`, `backlog=` |
 * | `tcp6:PORT` | the same on IPv6, and on IPv4 too if no `interface=` is given |
 * | `ssl:PORT`, `tls:PORT` | with TLS; `privateKey=`, `certKey=`, `extraCertChain=`, `dhParameters=`, `sslmethod=`, and those of `tcp:` |
 * | `unix:PATH` | a UNIX socket; `mode=`, `backlog=` |
 * | `systemd:domain=INET:index=0` | a socket that systemd has passed, `INET`, `INET6` or `UNIX`; by its `name=` too |
 * | `fd:3` | a socket that is there already under this number |
 *
 * `:` separates the words, and a `\` before a character takes it for what it is: `\:`
 * in an address of IPv6. The path of a UNIX socket is meant from the directory that the
 * service runs in, those of keys and certificates from the one that there is now. Other types are those of dropins, see {@link
 * IStreamServerEndpointStringParser}; whether there is one may be found out only when it
 * is to listen.
 *
 * @param description - such as `tcp:8080:interface=127.0.0.1`
 * @throws {@link UsageError} naming the part that is wrong; {@link TLSFileError} if a
 * key or certificate can't be read or used; TypeError if it is no string
 *
 * @see Twisted's `twisted.internet.endpoints.serverFromString`
 *
 * @example
 * import { HTTPServer, MultiService, StreamServerEndpointService, serverFromString } from 'runnerd'
 *
 * const top = new MultiService()
 * const endpoint = serverFromString('unix:hello.sock:mode=660')
 * new StreamServerEndpointService(endpoint, (socket) => socket.end('hello\n')).setServiceParent(top)
 * new HTTPServer('tcp:8080', (_request, response) => response.end('hello\n')).setServiceParent(top)
 */
export function serverFromString(description: string): IStreamServerEndpoint {
  const words = splitEndpoint(description)
  const place = serverPlaceOf(description, words)
  if (place !== undefined) return endpointAt(place, description)
  const foreign = parseForeign('server', description, words, serverPrefixes)
  return foreign instanceof Promise ? new SoughtEndpoint(foreign) : foreign
}

/** One whose type is not known yet. */
class SoughtEndpoint implements IStreamServerEndpoint {
  readonly #found: Promise<IStreamServerEndpoint>

  constructor(found: Promise<IStreamServerEndpoint>) {
    this.#found = found
  }

  async listen(...args: Parameters<IStreamServerEndpoint['listen']>): Promise<IListeningPort> {
    return (await this.#found).listen(...args)
  }

  async bind(...args: Parameters<IStreamServerEndpoint['listen']>): Promise<IListeningPort> {
    const endpoint = await this.#found
    return endpoint.bind?.(...args) ?? endpoint.listen(...args)
  }
}

function endpointAt(place: ServerPlace, description: string): StreamEndpoint {
  if (place.kind === 'fd' || place.kind === 'systemd') {
    return new StreamEndpoint(() => takeInherited(place, description), {})
  }
  const { backlog } = place
  if (place.kind === 'unix') {
    const { path, mode = 0o666 } = place
    return new StreamEndpoint(() => takePath(path, mode), {
      backlog,
      place: { kind: 'unix', address: path },
    })
  }
  const { interface: name, port, tls } = place
  const context = tls && new TLSContext(tls)
  return new StreamEndpoint(() => takePort(name, port), {
    backlog,
    tls: context,
    place: placeOf('tcp', name, port),
  })
}
