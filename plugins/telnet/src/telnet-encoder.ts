import { IAC } from './codes.ts'

const [NUL, LF, CR] = [0, 10, 13]

/** Makes what is shown what is sent (RFC 854): IAC is doubled, CR has LF or NUL after it. */
export class TelnetEncoder {
  /** Whether what is sent is binary (RFC 856): a CR is a CR. */
  isBinary = false
  #isAfterCR = false

  encode(bytes: Uint8Array): Buffer {
    const encoded = Buffer.allocUnsafe(bytes.length * 2 + 1)
    let length = 0
    const add = (byte: number): void => {
      encoded[length] = byte
      length += 1
    }
    for (const byte of bytes) {
      if (this.#isAfterCR && byte !== LF && !this.isBinary) add(NUL)
      this.#isAfterCR = byte === CR
      add(byte)
      if (byte === IAC) add(IAC)
    }
    return encoded.subarray(0, length)
  }
}
