import { randomInt } from 'node:crypto'
import { log } from 'runnerd'
import { exchange } from './exchange.ts'
import { Gate } from './gate.ts'
import type { Name } from './name.ts'
import type { NameServer } from './name-server.ts'
import { EDNS_SIZE } from './query.ts'
import { Rcode, rcodeName, typeName } from './record-types.ts'
import type { Keeping, Reply } from './reply.ts'

/** What others are asked. */
export interface Question {
  readonly name: Name
  readonly type: number
  /** Whether DNSSEC's records are wanted, and answers that it finds wrong. */
  readonly isOk: boolean
  readonly isUnchecked: boolean
}

/** So many servers are asked at a time; each takes a descriptor. */
const MOST_ASKED = 500
/** Each server is asked so often. */
const ROUNDS = 2
/** A client has given up after so long, in ms. */
const LONGEST = 10_000
/** One that has not answered is asked last for so long, in ms. */
const DISTRUST = 5000

/** Asks other servers, one after the other, until one knows. */
export class Forwarder {
  readonly #servers: readonly NameServer[]
  readonly #timeout: number
  readonly #keeping: Keeping
  readonly #gate = new Gate(MOST_ASKED)
  readonly #distrusted = new Map<NameServer, number>()

  /** @param timeout how long each has to answer, in ms */
  constructor(servers: readonly NameServer[], timeout: number, keeping: Keeping) {
    this.#servers = servers
    this.#timeout = timeout
    this.#keeping = keeping
  }

  /** @returns the reply of one that knows, else the last there was, if any */
  async ask(question: Question): Promise<Reply | undefined> {
    const end = performance.now() + LONGEST
    await this.#gate.enter()
    try {
      let last: Reply | undefined
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const server of this.#inOrder()) {
          const left = Math.min(this.#timeout, end - performance.now())
          if (left <= 0) return last
          const reply = await this.#askOne(server, question, left)
          if (reply !== undefined && isUsable(reply)) return reply
          last = reply ?? last
        }
      }
      return last
    } finally {
      this.#gate.leave()
    }
  }

  async #askOne(
    server: NameServer,
    question: Question,
    timeout: number,
  ): Promise<Reply | undefined> {
    const told = (reason: string): void => {
      const { name, type } = question
      const text = `${name} ${typeName(type)} of ${server.address}:${server.port}: ${reason}`
      log.debug(text, { system: 'DNS' })
    }
    try {
      let reply = await exchange(server, messageOf(question, true), timeout, this.#keeping)
      if (reply.body.rcode === Rcode.FORMERR || reply.body.rcode === Rcode.NOTIMP) {
        // It is from before EDNS.
        reply = await exchange(server, messageOf(question, false), timeout, this.#keeping)
      }
      if (isUsable(reply)) this.#distrusted.delete(server)
      else told(rcodeName(reply.body.rcode))
      return reply
    } catch (error) {
      told((error as Error).message)
      this.#distrusted.set(server, performance.now() + DISTRUST)
      return undefined
    }
  }

  /** Those first that have answered of late, each in the order that they were named. */
  #inOrder(): NameServer[] {
    const now = performance.now()
    const isTrusted = (server: NameServer): boolean => (this.#distrusted.get(server) ?? 0) <= now
    return [
      ...this.#servers.filter(isTrusted),
      ...this.#servers.filter((server) => !isTrusted(server)),
    ]
  }
}

function isUsable({ body: { rcode } }: Reply): boolean {
  return rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN
}

/** A query with an id that nobody can guess. */
function messageOf({ name, type, isOk, isUnchecked }: Question, hasEdns: boolean): Buffer {
  const end = 12 + name.wire.length + 4
  const message = Buffer.alloc(end + (hasEdns ? 11 : 0))
  message.writeUInt16BE(randomInt(65_536), 0)
  message.writeUInt16BE(0x100 | (isUnchecked ? 0x10 : 0), 2)
  message.writeUInt16BE(1, 4)
  message.write(name.key, 12, 'latin1')
  message.writeUInt16BE(type, end - 4)
  message.writeUInt16BE(1, end - 2)
  if (!hasEdns) return message
  message.writeUInt16BE(1, 10)
  message.writeUInt16BE(41, end + 1)
  message.writeUInt16BE(EDNS_SIZE, end + 3)
  message.writeUInt16BE(isOk ? 0x8000 : 0, end + 7)
  return message
}
