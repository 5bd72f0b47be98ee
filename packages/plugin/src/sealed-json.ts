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
 * FNV-1a by words and not by bytes, as every list waits for it. Each step can be
 * undone, so no change of one word is without a trace.
 */
function sumOf(bytes: Buffer): number {
  const words = new Uint32Array(aligned(bytes), 0, bytes.length >> 2)
  let hash = 0x811c9dc5
  for (let at = 0; at < words.length; at++) hash = Math.imul(hash ^ words[at]!, 0x01000193)
  for (let at = words.length * 4; at < bytes.length; at++) {
    hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  }
  return hash >>> 0
}

/** The same bytes at the start of a buffer of their own. */
function aligned({ buffer, byteOffset, length }: Buffer): ArrayBuffer {
  const isOwn = byteOffset === 0 && buffer instanceof ArrayBuffer
  return isOwn ? buffer : (buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer)
}
