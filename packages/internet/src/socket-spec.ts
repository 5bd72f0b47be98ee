/**
 * What a service wants to listen on, before there is a socket. A socket that is
 * handed from process to process is known by it: port 0 means the same socket
 * again, whatever number the system gave it.
 *
 * @internal
 */
export interface SocketSpec {
  readonly kind: 'tcp' | 'udp' | 'unix' | 'fd'
  /**
   * An IP address, not a name; for `unix` a path, with a leading NUL an abstract name;
   * for `fd` the number of a descriptor that runner was started with.
   */
  readonly address: string
  /** 0 has the system choose one, and is what `unix` and `fd` have. */
  readonly port: number
  /** Of an IPv6 address that would take IPv4 too, and is not to; left out otherwise. */
  readonly ipv6Only?: true
}

/** @internal */
export function tcpSpec(address: string, port: number, ipv6Only = false): SocketSpec {
  return { kind: 'tcp', address, port, ...(ipv6Only ? { ipv6Only } : {}) }
}

/** @internal */
export function udpSpec(address: string, port: number, ipv6Only = false): SocketSpec {
  return { kind: 'udp', address, port, ...(ipv6Only ? { ipv6Only } : {}) }
}

/** @internal */
export function unixSpec(path: string): SocketSpec {
  return { kind: 'unix', address: path, port: 0 }
}

/** @internal */
export function descriptorSpec(descriptor: number): SocketSpec {
  return { kind: 'fd', address: String(descriptor), port: 0 }
}

/** Two sockets with one name are wanted alike. @internal */
export function nameOfSpec({ kind, address, port, ipv6Only }: SocketSpec): string {
  if (kind === 'unix' || kind === 'fd') return `${kind} ${address}`
  return `${kind} ${address} ${port}${ipv6Only ? ' ipv6Only' : ''}`
}
