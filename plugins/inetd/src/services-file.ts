import { readFileSync } from 'node:fs'

/** A service as services(5) has it. */
export interface KnownService {
  readonly port: number
  /** Its own name, where it was asked for by another. */
  readonly name: string
}

/** The names of ports, from `/etc/services`. */
export class ServicesFile {
  readonly #services = new Map<string, KnownService>()

  /** @param text - lines `name port/protocol alias…`; what is none is passed over, as there */
  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [name, place = '', ...aliases] = (line.split('#')[0] as string).trim().split(/\s+/)
      const [, digits, protocol] = /^(\d{1,5})\/(\w+)$/.exec(place) ?? []
      if (!name || digits === undefined) continue
      for (const each of [name, ...aliases]) {
        const key = `${each}/${protocol}`
        // The first counts, as with getservbyname(3).
        if (!this.#services.has(key)) this.#services.set(key, { port: Number(digits), name })
      }
    }
  }

  static read(path = '/etc/services'): ServicesFile {
    try {
      return new ServicesFile(readFileSync(path, 'utf8'))
    } catch {
      // A small system has none, and only numbers.
      return new ServicesFile('')
    }
  }

  /** @param protocol - `tcp` or `udp` */
  find(name: string, protocol: string): KnownService | undefined {
    return this.#services.get(`${name}/${protocol}`)
  }
}
