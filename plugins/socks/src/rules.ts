import { plainAddress } from './addresses.ts'
import { isPrivate, parseRule, type Rule } from './rule.ts'

/** What a system connects to for the address that is none. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

/**
 * Where a proxy lets its clients go: nowhere that `deny` names, and only where `allow`
 * names, if that is given. If it is not: everywhere for clients of this machine, which
 * can go there without a proxy, and else everywhere but to what is private.
 */
export class Rules {
  readonly #allow: readonly Rule[]
  readonly #deny: readonly Rule[]
  readonly #isLocal: boolean
  readonly #isFree: boolean

  /**
   * @param isLocal whether only this machine's own can ask
   * @throws UsageError for a text that is no rule
   */
  constructor(allow: readonly string[], deny: readonly string[], isLocal: boolean) {
    this.#allow = allow.map((text) => parseRule('allow', text))
    this.#deny = deny.map((text) => parseRule('deny', text))
    this.#isLocal = isLocal
    this.#isFree = isLocal && allow.length + deny.length === 0
  }

  /** @param address an IP address, as the system would connect to it */
  allows(address: string, port: number): boolean {
    if (this.#isFree) return true
    const plain = plainAddress(address)
    const meant = MEANT.get(plain)
    return this.#allowsPlain(plain, port) && (meant === undefined || this.#allowsPlain(meant, port))
  }

  #allowsPlain(plain: string, port: number): boolean {
    const matches = (rule: Rule): boolean => rule.matches(plain, port)
    if (this.#deny.some(matches)) return false
    if (this.#allow.length > 0) return this.#allow.some(matches)
    return this.#isLocal || !isPrivate(plain)
  }
}
