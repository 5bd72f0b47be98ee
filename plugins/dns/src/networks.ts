import { BlockList, isIP } from 'node:net'
import { UsageError } from 'runnerd'
import { plainAddress } from './addresses.ts'

/** What a network may be called. */
const words: { readonly [word: string]: readonly string[] } = {
  any: ['0.0.0.0/0', '::/0'],
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'],
    ...['::1/128', 'fc00::/7', 'fe80::/10'],
  ],
}

/** Stands for the address of who comes by a UNIX socket: he is on this machine. */
export const BY_UNIX_SOCKET = 'unix'

/** So many addresses are remembered with what was found. */
const MOST_KNOWN = 10_000

/** Some networks, and whether an address is in one of them. */
export class Networks {
  readonly #list = new BlockList()
  readonly #known = new Map<string, boolean>()

  /**
   * @param option the option that says so
   * @param networks `10.0.0.0/8`, `2001:db8::1`, `any`, `loopback`, `private`
   * @throws UsageError
   */
  constructor(option: string, networks: readonly string[]) {
    for (const network of networks) {
      const named = Object.hasOwn(words, network) ? words[network] : [network]
      for (const each of named ?? []) this.#add(option, each)
    }
  }

  /** @param address as a socket tells it, or {@link BY_UNIX_SOCKET} */
  have(address: string): boolean {
    const known = this.#known.get(address)
    if (known !== undefined) return known
    const plain = address === BY_UNIX_SOCKET ? '127.0.0.1' : plainAddress(address)
    const isIn = this.#list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
    if (this.#known.size >= MOST_KNOWN) this.#known.clear()
    this.#known.set(address, isIn)
    return isIn
  }

  #add(option: string, network: string): void {
    const [address = '', prefix, more] = network.split('/')
    const family = isIP(address)
    const most = family === 6 ? 128 : 32
    const bits = Number(prefix ?? most)
    const isRight = /^\d{1,3}$/.test(prefix ?? '0') && bits <= most && more === undefined
    if (family === 0 || address.includes('%') || !isRight) {
      throw new UsageError(`cannot use --${option} ${network}: it is no network`, {
        hint: 'such as 10.0.0.0/8, 2001:db8::/32, private, loopback or any',
      })
    }
    this.#list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4')
  }
}
