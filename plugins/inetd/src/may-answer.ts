/** Ports from here on are those of clients. */
const RESERVED = 1024

/** NFS: the one above those that inetd knows. */
const NFS = 2049

/**
 * Whether a datagram may be answered. Two services that answer each other never end:
 * somebody has only to forge a sender. So none is answered that comes from where servers
 * are, from a port of ours, or from no single machine.
 *
 * @param own - the ports of our services
 *
 * @see 4.4BSD's `dg_badinput`, CERT advisory CA-1996-01
 */
export function mayAnswer(address: string, port: number, own: ReadonlySet<number>): boolean {
  if (port < RESERVED || port === NFS || own.has(port)) return false
  const [first = ''] = address.replace(/^::ffff:/, '').split('.')
  return address.includes('.')
    ? Number(first) > 0 && Number(first) < 224
    : !/^(ff|::$)/i.test(address)
}
