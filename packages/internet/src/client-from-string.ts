import { type ClientPlace, clientPlaceOf, clientPrefixes } from './client-place.ts'
import { clientTLSOptions } from './client-tls-options.ts'
import { splitEndpoint } from './endpoint-string.ts'
import { parseForeign } from './endpoint-types.ts'
import { HostnameEndpoint } from './hostname-endpoint.ts'
import type { ClientServed, Connected, IStreamClientEndpoint } from './i-client-endpoint.ts'
import { UNIXClientEndpoint } from './unix-client-endpoint.ts'
import { wrapClientTLS } from './wrap-client-tls.ts'

/**
 * Makes an endpoint to connect to out of its description. Nobody is connected to yet.
 *
 * | description | is |
 * | --- | --- |
 * | `tcp:HOST:PORT` | a TCP port of a host, see {@link HostnameEndpoint}; `timeout=30`, `bindAddress=` |
 * | `tls:HOST:PORT` | with TLS; `certificate=`, `privateKey=`, `trustRoots=`, `endpoint=`, and those of `tcp:` |
 * | `unix:PATH` | a UNIX socket; `timeout=30` |
 *
 * The timeout is in seconds, 0 is none; TLS has as many again for its handshake. The
 * certificate of a `tls:` server must be for its host and vouched for: by those that Node
 * trusts, or by `trustRoots=`, a file of certificates or a directory of them with names
 * in `.pem`. `certificate=` and `privateKey=` are the client's own, for a server that
 * asks. `endpoint=` is the description of what the connections are made by instead of
 * TCP. `ssl:` is the same with the words of Twisted's older type: `certKey=`,
 * `caCertsDir=`, `hostname=`.
 *
 * `:` separates the words, and a `\` before a character takes it for what it is: `\:`
 * in an address of IPv6. The path of a UNIX socket is meant from the directory that the
 * service runs in, those of certificates from the one that there is now. Other types are
 * those of dropins, see {@link IStreamClientEndpointStringParser}.
 *
 * @param description - such as `tcp:localhost:10000:timeout=5`
 * @param beneath - gets the endpoint that opens the connection, without TLS, and returns
 * what is used in its place: one that says something before TLS begins, such as a header
 * of the PROXY protocol
 * @throws {@link UsageError} naming the part that is wrong; {@link TLSFileError} if a
 * key or certificate can't be read or used; TypeError if it is no string
 *
 * @see Twisted's `twisted.internet.endpoints.clientFromString`
 *
 * @example
 * import { ClientService, clientFromString, MultiService } from 'runnerd'
 *
 * const top = new MultiService()
 * const endpoint = clientFromString('tls:poetry.example:10443:timeout=5')
 * const client = new ClientService(endpoint, (socket) => socket.pipe(process.stdout))
 * client.setServiceParent(top)
 */
export function clientFromString(
  description: string,
  beneath: (endpoint: IStreamClientEndpoint) => IStreamClientEndpoint = asItIs,
): IStreamClientEndpoint {
  const words = splitEndpoint(description)
  const place = clientPlaceOf(description, words)
  if (place !== undefined) return endpointAt(place, beneath)
  const foreign = parseForeign('client', description, words, clientPrefixes)
  return beneath(foreign instanceof Promise ? new SoughtEndpoint(foreign, description) : foreign)
}

function endpointAt(
  place: ClientPlace,
  beneath: (endpoint: IStreamClientEndpoint) => IStreamClientEndpoint,
): IStreamClientEndpoint {
  const { kind, timeout } = place
  if (kind === 'unix') return beneath(new UNIXClientEndpoint(place.path, { timeout }))
  if (kind === 'tcp') return beneath(new HostnameEndpoint(place.host, place.port, place))
  const { below } = place
  const endpoint =
    typeof below === 'string' ? clientFromString(below, beneath) : endpointAt(below, beneath)
  return wrapClientTLS(clientTLSOptions(place), endpoint, { timeout })
}

/** One whose type is not known yet. */
class SoughtEndpoint implements IStreamClientEndpoint {
  readonly #found: Promise<IStreamClientEndpoint>
  readonly #description: string

  constructor(found: Promise<IStreamClientEndpoint>, description: string) {
    this.#found = found
    this.#description = description
  }

  async connect<S extends ClientServed>(served: S, signal?: AbortSignal): Promise<Connected<S>> {
    return await (await this.#found).connect(served, signal)
  }

  toString(): string {
    return this.#description
  }
}

function asItIs(endpoint: IStreamClientEndpoint): IStreamClientEndpoint {
  return endpoint
}
