import { isIPv4, isIPv6 } from 'node:net'
import { addressBytes } from './addresses.ts'
import { checkDigest } from './digest-length.ts'
import { location } from './location.ts'
import { algorithms, certificates, type Mnemonics } from './mnemonics.ts'
import { Name, unescapedBytes } from './name.ts'
import { readWire, type WireForm } from './rdata-wire.ts'
import { Type, typeName } from './record-types.ts'
import { type Rdata, sizeOf } from './rrset.ts'
import { serviceParameters } from './service-parameters.ts'
import { parseTtl } from './ttl.ts'
import type { Token } from './zone-tokens.ts'

/** A part of what a record says. */
interface Field {
  /** What it is on the wire. */
  readonly form: WireForm
  /** Takes words off, and makes bytes of them. */
  readonly read: (words: Words) => Rdata
}

const u8 = field(1, (words) => number(words, 1))
const u16 = field(2, (words) => number(words, 2))
const u32 = field(4, (words) => number(words, 4))
const algorithm = field(1, (words) => number(words, 1, algorithms))
const certificate = field(2, (words) => number(words, 2, certificates))
const name = field('name', (words) => {
  const word = words.take('a name')
  return [word === '@' ? words.origin : Name.parse(word, words.origin)]
})
const string = field('string', (words) => [characterString(words.take('a text'))])
const strings = field('strings', (words) => {
  const all = [string.read(words)]
  while (words.areLeft) all.push(string.read(words))
  return all.flat()
})
/** What is left of the record, without a length: that of CAA and URI. */
const text = field('rest', (words) => [unescapedBytes(words.take('a text'))])
const time = field(4, (words) => [unsigned(parseTtl(words.take('a time')), 4)])
const hex = field('rest', (words) => [hexOf(words.rest('hexadecimal digits'))])
const base64 = field('rest', (words) => {
  const digits = words.rest('base64')
  const bytes = Buffer.from(digits, 'base64')
  if (bytes.toString('base64') !== digits) throw new Error(`${digits} is not base64`)
  return [bytes]
})
const address4 = field(4, (words) => {
  const address = words.take('an address')
  if (!isIPv4(address)) throw new Error(`${address} is no IPv4 address`)
  return [addressBytes(address)]
})
const address6 = field(16, (words) => {
  const address = words.take('an address')
  if (!isIPv6(address) || address.includes('%')) throw new Error(`${address} is no IPv6 address`)
  return [addressBytes(address)]
})
const tag = field('string', (words) => {
  const word = words.take('a tag')
  if (!/^[a-z0-9]{1,255}$/i.test(word)) throw new Error(`${word} is no tag: letters and digits`)
  return [characterString(word)]
})
const parameters = field('parameters', (words) => [serviceParameters(words)])
const place = field(16, (words) => [location(words)])
const hardware = (length: number): Field => {
  const form = new RegExp(`^[0-9a-f]{2}(-[0-9a-f]{2}){${length - 1}}$`, 'i')
  return field(length, (words) => {
    const word = words.take('a hardware address')
    if (!form.test(word)) throw new Error(`${word} is not of the form 00-00-5e-…`)
    return [hexOf(word.replaceAll('-', ''))]
  })
}

/** What the records of each type say, in their order. */
const fields: { readonly [type: number]: readonly Field[] } = {
  [Type.A]: [address4],
  [Type.AAAA]: [address6],
  [Type.NS]: [name],
  [Type.CNAME]: [name],
  [Type.DNAME]: [name],
  [Type.PTR]: [name],
  [Type.SOA]: [name, name, u32, time, time, time, time],
  [Type.HINFO]: [string, string],
  [Type.MX]: [u16, name],
  [Type.KX]: [u16, name],
  [Type.AFSDB]: [u16, name],
  [Type.RP]: [name, name],
  [Type.TXT]: [strings],
  [Type.SPF]: [strings],
  [Type.SRV]: [u16, u16, u16, name],
  [Type.NAPTR]: [u16, u16, string, string, string, name],
  [Type.CERT]: [certificate, u16, algorithm, base64],
  [Type.DS]: [u16, algorithm, u8, hex],
  [Type.CDS]: [u16, algorithm, u8, hex],
  [Type.DNSKEY]: [u16, u8, algorithm, base64],
  [Type.CDNSKEY]: [u16, u8, algorithm, base64],
  [Type.SSHFP]: [u8, u8, hex],
  [Type.TLSA]: [u8, u8, u8, hex],
  [Type.SMIMEA]: [u8, u8, u8, hex],
  [Type.OPENPGPKEY]: [base64],
  [Type.SVCB]: [u16, name, parameters],
  [Type.HTTPS]: [u16, name, parameters],
  [Type.ZONEMD]: [u32, u8, u8, hex],
  [Type.LOC]: [place],
  [Type.EUI48]: [hardware(6)],
  [Type.EUI64]: [hardware(8)],
  [Type.URI]: [u16, u16, text],
  [Type.CAA]: [u8, tag, text],
}

/**
 * Makes of the words of a record what it says; `\# 4 c0000201` does for any type, RFC 3597.
 *
 * @param origin what names without a dot at their end are below
 * @throws Error saying what is wrong
 */
export function parseRdata(type: number, tokens: readonly Token[], origin: Name): Rdata {
  const words = new Words(tokens, origin)
  const [first] = tokens
  const isUnknown = first?.text === '\\#' && !first.isQuoted
  const rdata = isUnknown ? unknown(words, type) : known(words, type)
  if (sizeOf(rdata) > MOST) throw new Error(`it says more than ${MOST} bytes`)
  checkDigest(type, rdata)
  return rdata
}

/** As much as a message has room for, behind its question and the record's owner. */
const MOST = 65_000

function field(form: WireForm, read: Field['read']): Field {
  return { form, read }
}

function known(words: Words, type: number): Rdata {
  const all = fields[type]
  if (all === undefined) {
    throw new Error(`what a record of type ${typeName(type)} says must be \\# LENGTH HEX`)
  }
  const rdata = all.flatMap(({ read }) => read(words))
  words.end()
  return rdata
}

/** The words of a record, taken one after the other. */
export class Words {
  readonly origin: Name
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[], origin: Name) {
    this.#tokens = tokens
    this.origin = origin
  }

  get areLeft(): boolean {
    return this.#at < this.#tokens.length
  }

  /** @throws Error if there is none */
  take(what: string): string {
    const token = this.#tokens[this.#at]
    if (token === undefined) throw new Error(`${what} is missing at the end`)
    this.#at += 1
    return token.text
  }

  /** The next, if that is one in quotation marks. */
  takeQuoted(): string | undefined {
    return this.#tokens[this.#at]?.isQuoted === true ? this.take('') : undefined
  }

  /** All that are left, as one. @throws Error if there is none */
  rest(what: string): string {
    let all = this.take(what)
    while (this.areLeft) all += this.take(what)
    return all
  }

  /** @throws Error if there is one more */
  end(): void {
    if (this.areLeft) throw new Error(`${this.take('')} is too much`)
  }
}

/** A text with the byte of its length before it. @throws Error if it is too long */
export function characterString(word: string): Buffer {
  const bytes = unescapedBytes(word)
  if (bytes.length > 255) throw new Error('a text is longer than 255 bytes')
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function number(words: Words, size: number, names: Mnemonics = {}): Rdata {
  const word = words.take('a number')
  const named = names[word.toUpperCase()]
  if (named !== undefined) return [unsigned(named, size)]
  if (!/^\d{1,10}$/.test(word)) throw new Error(`${word} is no number`)
  return [unsigned(Number(word), size)]
}

function unsigned(value: number, size: number): Buffer {
  const most = 2 ** (8 * size) - 1
  if (value > most) throw new Error(`${value} is more than ${most}`)
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(value, 0, size)
  return bytes
}

function hexOf(digits: string): Buffer {
  if (!/^([0-9a-f]{2})+$/i.test(digits)) throw new Error(`${digits} is not hexadecimal`)
  return Buffer.from(digits, 'hex')
}

function unknown(words: Words, type: number): Rdata {
  words.take('\\#')
  const length = words.take('a length')
  const bytes = words.areLeft ? hexOf(words.rest('hexadecimal digits')) : Buffer.alloc(0)
  if (length !== String(bytes.length)) {
    throw new Error(`there are ${bytes.length} bytes and not ${length}`)
  }
  const forms = fields[type]?.map(({ form }) => form) ?? ['rest']
  const rdata = readWire(bytes, forms)
  if (rdata === undefined) throw new Error(`that is no record of type ${typeName(type)}`)
  return rdata
}
