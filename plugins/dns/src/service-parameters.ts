import { isIPv4, isIPv6 } from 'node:net'
import { addressBytes } from './addresses.ts'
import { unescapedBytes } from './name.ts'
import type { Words } from './rdata-text.ts'

/** At the places of their numbers; `dohpath` is of RFC 9461. */
const keys = [
  ...['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint'],
  'dohpath',
]

const COMMA = 0x2c
const BACKSLASH = 0x5c

/**
 * The parameters of SVCB and HTTPS records, RFC 9460: `alpn=h2,h3 port=8443 key65400=…`,
 * in the order of their numbers.
 *
 * @throws Error saying what is wrong with one
 */
export function serviceParameters(words: Words): Buffer {
  const all = new Map<number, Buffer>()
  while (words.areLeft) {
    let word = words.take('a parameter')
    // A value in quotation marks is a word of its own. That of `ech` may end with `=`.
    if (/^[^=]+=$/.test(word)) word += words.takeQuoted() ?? ''
    const equals = word.indexOf('=')
    const name = equals === -1 ? word : word.slice(0, equals)
    const key = keyNumber(name)
    if (all.has(key)) throw new Error(`the parameter ${name} is there twice`)
    all.set(key, bytesOfValue(key, name, equals === -1 ? '' : word.slice(equals + 1)))
  }
  if (all.has(2) && !all.has(1)) throw new Error('no-default-alpn needs alpn')
  checkMandatory(all)
  const ordered = [...all].sort(([one], [other]) => one - other)
  return Buffer.concat(
    ordered.flatMap(([key, value]) => [Buffer.concat([two(key), two(value.length)]), value]),
  )
}

/** What is mandatory is there, once, and is not `mandatory` itself: section 8. */
function checkMandatory(all: ReadonlyMap<number, Buffer>): void {
  const mandatory = all.get(0) ?? Buffer.alloc(0)
  let before = 0
  for (let at = 0; at + 2 <= mandatory.length; at += 2) {
    const key = mandatory.readUInt16BE(at)
    const name = keys[key] ?? `key${key}`
    if (key === 0) throw new Error('mandatory is not mandatory itself')
    if (key === before) throw new Error(`mandatory names ${name} twice`)
    if (!all.has(key)) throw new Error(`the parameter ${name} is mandatory and not there`)
    before = key
  }
}

function keyNumber(name: string): number {
  const known = keys.indexOf(name)
  if (known !== -1) return known
  const number = Number(/^key(\d{1,5})$/.exec(name)?.[1])
  if (!(number < 65535)) throw new Error(`there is no parameter ${name}`)
  return number
}

function bytesOfValue(key: number, name: string, value: string): Buffer {
  // Said by its number, it is as it is on the wire.
  if (name.startsWith('key')) return unescapedBytes(value)
  const list = value === '' ? [] : value.split(',')
  if (key === 2) {
    if (value !== '') throw new Error(`${name} takes no value`)
    return Buffer.alloc(0)
  }
  if (list.length === 0) throw new Error(`${name} needs a value`)
  if (key === 0)
    return Buffer.concat(
      list
        .map(keyNumber)
        .sort((a, b) => a - b)
        .map(two),
    )
  if (key === 1) return Buffer.concat(listOf(unescapedBytes(value)).map(protocol))
  if (key === 3) {
    if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) throw new Error(`${value} is no port`)
    return two(Number(value))
  }
  if (key === 4 || key === 6) return Buffer.concat(list.map((each) => address(key, each)))
  if (key === 5) return base64(value)
  return unescapedBytes(value)
}

function base64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new Error(`${text} is not base64`)
  return bytes
}

function address(key: number, text: string): Buffer {
  const isRight = key === 4 ? isIPv4(text) : isIPv6(text) && !text.includes('%')
  if (!isRight) throw new Error(`${text} is no ${key === 4 ? 'IPv4' : 'IPv6'} address`)
  return addressBytes(text)
}

/** What commas separate, where a backslash takes a comma or another one for itself: appendix A.1. */
function listOf(value: Buffer): Buffer[] {
  const list: number[][] = [[]]
  for (let at = 0; at < value.length; at += 1) {
    const byte = value[at] as number
    if (byte === COMMA) list.push([])
    else if (byte !== BACKSLASH) list.at(-1)?.push(byte)
    else {
      at += 1
      const taken = value[at]
      if (taken !== COMMA && taken !== BACKSLASH) {
        throw new Error('a \\ in the value of alpn takes a comma or another \\')
      }
      list.at(-1)?.push(taken)
    }
  }
  return list.map((each) => Buffer.from(each))
}

function protocol(bytes: Buffer): Buffer {
  if (bytes.length === 0 || bytes.length > 255) throw new Error('a protocol of alpn has no name')
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function two(number: number): Buffer {
  return Buffer.from([number >> 8, number & 255])
}
