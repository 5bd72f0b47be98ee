/** As long as a name may be on the wire, RFC 1035, section 2.3.4. */
const LONGEST = 255
/** As long as each of its labels may be. */
const LONGEST_LABEL = 63

/** A domain name, absolute, as it is on the wire. Two are the same if their keys are. */
export class Name {
  /** Its labels, each after its length, and the empty one of the root. */
  readonly wire: Buffer
  /** The wire in lower case, a character for each byte: `\x03org\x00`. */
  readonly key: string

  /** @param wire a whole name without a pointer; it is kept, and must not change */
  constructor(wire: Buffer) {
    this.wire = wire
    this.key = keyOf(wire)
  }

  static readonly root: Name = new Name(Buffer.from([0]))

  /**
   * Reads a name as master files have it, RFC 1035, section 5.1: `\.` is no separator,
   * `\065` is a byte; one that does not end with a dot goes on with `origin`.
   *
   * @throws Error saying what is wrong with it
   */
  static parse(text: string, origin: Name = Name.root): Name {
    if (text === '.') return Name.root
    const { labels, isAbsolute } = labelsIn(text)
    const end = isAbsolute ? Name.root.wire : origin.wire
    const wire = Buffer.concat([
      ...labels.flatMap((label) => [Buffer.from([label.length]), label]),
      end,
    ])
    if (wire.length > LONGEST) throw new Error(`the name ${text} is longer than ${LONGEST} bytes`)
    return new Name(wire)
  }

  /** Whether it is the other or below it. */
  isWithin(other: Name): boolean {
    let { key } = this
    while (key.length > other.key.length) key = parentOf(key)
    return key === other.key
  }

  /** As it is written, with the dot at its end. */
  toString(): string {
    return textOf(this.wire)
  }
}

/** The key of a name on the wire. No length is a letter, so that all of it can be made small. */
export function keyOf(wire: Uint8Array): string {
  const small = Buffer.from(wire)
  for (let at = 0; at < small.length; at += 1) {
    const byte = small[at] as number
    if (byte >= 65 && byte <= 90) small[at] = byte + 32
  }
  return small.toString('latin1')
}

/** The keys of a name and of all that it is below, the root last. */
export function suffixes(key: string): string[] {
  const all: string[] = []
  for (let at = 0; at < key.length; at += key.charCodeAt(at) + 1) all.push(key.slice(at))
  return all
}

/** The key of what a name is directly below; the root's is its own. */
export function parentOf(key: string): string {
  return key.length === 1 ? key : key.slice(key.charCodeAt(0) + 1)
}

/** A name on the wire as it is written. */
export function textOf(wire: Uint8Array): string {
  let text = ''
  for (let at = 0; at < wire.length && wire[at] !== 0; ) {
    const end = at + 1 + (wire[at] as number)
    for (at += 1; at < end; at += 1) text += written(wire[at] as number)
    text += '.'
  }
  return text === '' ? '.' : text
}

function written(byte: number): string {
  const character = String.fromCharCode(byte)
  if (byte <= 32 || byte >= 127) return `\\${String(byte).padStart(3, '0')}`
  return '."\\;()@$'.includes(character) ? `\\${character}` : character
}

function labelsIn(text: string): { labels: Buffer[]; isAbsolute: boolean } {
  const labels: Buffer[] = []
  let label: number[] = []
  const end = (): void => {
    if (label.length === 0) throw new Error(`there is an empty label in the name ${text}`)
    if (label.length > LONGEST_LABEL) {
      throw new Error(`a label of the name ${text} is longer than ${LONGEST_LABEL} bytes`)
    }
    labels.push(Buffer.from(label))
    label = []
  }
  let isAbsolute = false
  for (let at = 0; at < text.length; ) {
    isAbsolute = text[at] === '.'
    if (isAbsolute) {
      end()
      at += 1
      continue
    }
    const { byte, length } = unescaped(text, at)
    label.push(byte)
    at += length
  }
  if (!isAbsolute) end()
  return { labels, isAbsolute }
}

/**
 * The byte that a character of a master file stands for, and how many characters that
 * takes: `x`, `\x` or `\120`.
 *
 * @throws Error if it is no such thing
 */
function unescaped(text: string, at: number): { byte: number; length: number } {
  if (text.charCodeAt(at) > 255) throw new Error(`${text[at]} is no byte: write it as \\DDD`)
  if (text[at] !== '\\') return { byte: text.charCodeAt(at), length: 1 }
  const digits = /^\d{1,3}/.exec(text.slice(at + 1, at + 4))?.[0]
  if (digits === undefined) {
    if (at + 1 >= text.length) throw new Error(`there is nothing after the last \\ of ${text}`)
    return { byte: text.charCodeAt(at + 1), length: 2 }
  }
  if (digits.length < 3 || Number(digits) > 255) {
    throw new Error(`\\${digits} is no byte: three digits, at most 255`)
  }
  return { byte: Number(digits), length: 4 }
}

/** The bytes that a word of a master file stands for. @throws Error if it has what is no byte */
export function unescapedBytes(word: string): Buffer {
  const bytes: number[] = []
  for (let at = 0; at < word.length; ) {
    const { byte, length } = unescaped(word, at)
    bytes.push(byte)
    at += length
  }
  return Buffer.from(bytes)
}
