/**
 * A copy in memory of its own, for what is kept. `Buffer.from` takes a piece of Node's pool:
 * that would keep 8 KiB alive for it, or 64 from Node 24 on.
 */
export function ownBytes(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return own
}
