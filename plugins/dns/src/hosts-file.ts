import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { log } from 'runnerd'
import { addressBytes, plainAddress, reverseName } from './addresses.ts'
import { Name } from './name.ts'
import { Rcode, Type } from './record-types.ts'
import type { Answer } from './response-body.ts'
import type { Rdata } from './rrset.ts'
import { UnreadableError } from './unreadable-error.ts'

/** Who asks again soon finds what was changed. */
const TTL = 60

/** What a hosts file says, hosts(5): addresses of names, and names of addresses. */
export class Hosts {
  /** By the keys of the names. */
  readonly #names = new Map<string, Map<number, Rdata[]>>()

  /** Adds a line's address and names. @throws Error if one is none */
  add(address: string, names: readonly string[]): void {
    const plain = plainAddress(address)
    const version = isIP(plain)
    if (version === 0) throw new Error(`${address} is no address`)
    const type = version === 4 ? Type.A : Type.AAAA
    const all = names.map((name) => Name.parse(name))
    for (const name of all) this.#put(name, type, [addressBytes(plain)])
    const [first] = all
    const reverse = Name.parse(reverseName(plain))
    // What it is called is the first name it has.
    if (first !== undefined && !this.#names.has(reverse.key)) {
      this.#put(reverse, Type.PTR, [first])
    }
  }

  /** Whether there is anything to say of a name. */
  has(name: Name): boolean {
    return this.#names.has(name.key)
  }

  /** What there is to say of a name and a type; `undefined` if nothing. */
  answer(name: Name, asked: number): Answer | undefined {
    const types = this.#names.get(name.key)
    if (types === undefined) return undefined
    // Of all that there is, some will do, RFC 8482.
    const [some = asked] = types.keys()
    const type = asked === Type.ANY ? some : asked
    const rdatas = types.get(type)
    const isAddress = type === Type.A || type === Type.AAAA
    // Who has an address here has no other, but may have what is no address.
    if (rdatas === undefined && !isAddress) return undefined
    const answers = rdatas === undefined ? [] : [{ owner: name, type, ttl: TTL, rdatas }]
    const rest = { authority: [], additional: [], needsAdditional: false }
    return { rcode: Rcode.NOERROR, isAuthoritative: true, answers, ...rest }
  }

  #put(name: Name, type: number, rdata: Rdata): void {
    const types = this.#names.get(name.key) ?? new Map<number, Rdata[]>()
    this.#names.set(name.key, types)
    types.set(type, [...(types.get(type) ?? []), rdata])
  }
}

/**
 * Reads a hosts file. A line that is none is left out, with a line in the log.
 *
 * @throws UnreadableError
 */
export function readHostsFile(path: string): Hosts {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UnreadableError(`--hosts-file ${path}`, error)
  }
  const hosts = new Hosts()
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (address === undefined || address === '') continue
    try {
      hosts.add(address.replace(/%.*$/, ''), names)
    } catch (error) {
      log.warn(`left out ${path}:${at + 1}: ${(error as Error).message}`, { system: 'DNS' })
    }
  }
  return hosts
}
