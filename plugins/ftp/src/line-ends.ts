const [CR, LF] = [13, 10]

/** For TYPE A: makes CR LF of each LF that has none before it, over pieces of a file. */
export function toNetwork(): (piece: Buffer) => Buffer {
  let last = 0
  return (piece) => {
    const out = Buffer.allocUnsafe(piece.length * 2)
    let length = 0
    for (const byte of piece) {
      if (byte === LF && last !== CR) {
        out[length] = CR
        length += 1
      }
      out[length] = byte
      length += 1
      last = byte
    }
    return out.subarray(0, length)
  }
}

/** What is written in place of pieces of a file. */
export interface Conversion {
  convert(piece: Buffer): Buffer
  /** What it has kept, when there are no more pieces. */
  end(): Buffer
}

/**
 * The way back: LF for CR LF. A CR at the end of a piece waits for what follows it;
 * `end` gives it if nothing does.
 */
export function fromNetwork(): Conversion {
  let held = false
  return {
    convert(piece) {
      const out = Buffer.allocUnsafe(piece.length + 1)
      let length = 0
      for (const byte of piece) {
        if (held && byte !== LF) {
          out[length] = CR
          length += 1
        }
        held = byte === CR
        if (held) continue
        out[length] = byte
        length += 1
      }
      return out.subarray(0, length)
    },
    end: () => Buffer.from(held ? [CR] : []),
  }
}
