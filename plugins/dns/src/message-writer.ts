import { type Name, suffixes } from './name.ts'
import { ownBytes } from './own-bytes.ts'
import { mayShorten, type RRset } from './rrset.ts'

/** As far as a pointer reaches. */
const FARTHEST = 0x3fff

/** Writes records, with the names shortened that may be, RFC 1035, section 4.1.4. */
export class MessageWriter {
  readonly #start: number
  readonly #names = new Map<string, number>()
  #bytes: Buffer = Buffer.allocUnsafe(512)
  #length = 0

  /**
   * @param question the name that stands after the header
   * @param start where in the message the first record begins
   */
  constructor(question: Name, start: number) {
    this.#start = start
    this.#remember(question.key, 12)
  }

  /** How many bytes were written. */
  get length(): number {
    return this.#length
  }

  /** What was written. */
  bytes(): Buffer {
    return ownBytes(this.#bytes.subarray(0, this.#length))
  }

  /** @returns how many records that are */
  rrset({ owner, type, ttl, rdatas }: RRset): number {
    const isShort = mayShorten(type)
    for (const rdata of rdatas) {
      this.#name(owner, true)
      this.#room(10)
      this.#bytes.writeUInt16BE(type, this.#length)
      this.#bytes.writeUInt16BE(1, this.#length + 2)
      this.#bytes.writeUInt32BE(ttl, this.#length + 4)
      this.#length += 10
      const began = this.#length
      for (const part of rdata) {
        if ('key' in part) this.#name(part, isShort)
        else this.#put(part)
      }
      this.#bytes.writeUInt16BE(this.#length - began, began - 2)
    }
    return rdatas.length
  }

  #name(name: Name, isShort: boolean): void {
    const { wire, key } = name
    let at = 0
    for (const suffix of isShort ? suffixes(key) : []) {
      const known = this.#names.get(suffix)
      if (known === undefined || suffix.length === 1) continue
      at = key.length - suffix.length
      this.#remember(key.slice(0, at), this.#start + this.#length, suffix)
      this.#put(wire.subarray(0, at))
      this.#room(2)
      this.#length = this.#bytes.writeUInt16BE(0xc000 | known, this.#length)
      return
    }
    this.#remember(key, this.#start + this.#length)
    this.#put(wire)
  }

  /** Remembers where a name begins, and those that it is below. */
  #remember(key: string, position: number, end = ''): void {
    for (let at = 0; at < key.length; at += key.charCodeAt(at) + 1) {
      const suffix = key.slice(at) + end
      const place = position + at
      if (place <= FARTHEST && !this.#names.has(suffix)) this.#names.set(suffix, place)
    }
  }

  #put(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return
    const more = Buffer.allocUnsafe(2 * (this.#length + size))
    more.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = more
  }
}
