const SEAL = ',"sum":'

/** A JSON object with a last field that tells whether it is as it was written. */
export function sealed(value: object): Buffer {
  const open = Buffer.from(JSON.stringify(value).slice(0, -1))
  return Buffer.concat([open, Buffer.from(`${SEAL}${sumOf(open)}}`)])
}

/** True for bytes that are as they were sealed. Against decay, not against malice. */
export function isSealed(bytes: Buffer): boolean {
  const at = bytes.lastIndexOf(SEAL)
  return at >= 0 && bytes.toString('latin1', at) === `${SEAL}${sumOf(bytes.subarray(0, at))}}`
}

/**
 * FNV-1a, but for four words at a step, as every list waits for it: each turned
 * to a place of its own, so that no change of one is without a trace.
 */
function sumOf(bytes: Buffer): number {
  const words = new Uint32Array(aligned(bytes), 0, bytes.length >> 2)
  let hash = 0x811c9dc5
  let at = 0
  for (; at + 4 <= words.length; at += 4) {
    const one = words[at]!
    const two = words[at + 1]!
    const three = words[at + 2]!
    const four = words[at + 3]!
    const mixed = one ^ ((two << 8) | (two >>> 24)) ^ ((three << 16) | (three >>> 16))
    hash = Math.imul(hash ^ mixed ^ ((four << 24) | (four >>> 8)), 0x01000193)
  }
  for (at *= 4; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  return hash >>> 0
}

/** The same bytes at the start of a buffer of their own. */
function aligned({ buffer, byteOffset, length }: Buffer): ArrayBuffer {
  const isOwn = byteOffset === 0 && buffer instanceof ArrayBuffer
  return isOwn ? buffer : (buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer)
}
