import http from 'node:http'
import https from 'node:https'
import { connect } from 'node:net'

/** What came of one kind of request. */
export interface Tally {
  answered: number
  /** What went wrong, and how often. */
  readonly lost: Record<string, number>
}

/** One request, to its end; rejects with what was wrong. */
type Ask = () => Promise<void>

interface Ways {
  leave(): void
  end(): void
}

/** How long a request may take before it counts as hung, in ms; the lasting ones go on from reload to reload. */
const HUNG = 60_000

/** Asks for each kind, `clients` at a time, until it is told to stop. */
export class Load {
  readonly tallies: Record<string, Tally> = {}
  readonly #running: Promise<void>[] = []
  readonly #leaves: (() => void)[] = []
  readonly #ends: (() => void)[] = []
  #isOver = false

  /**
   * @param leave ends what would not end by itself
   * @param end called when all is over
   */
  add(kind: string, clients: number, ask: Ask, { leave, end }: Partial<Ways> = {}): void {
    const tally: Tally = { answered: 0, lost: {} }
    this.tallies[kind] = tally
    if (leave) this.#leaves.push(leave)
    if (end) this.#ends.push(end)
    for (let n = 0; n < clients; n += 1) this.#running.push(this.#repeat(ask, tally))
  }

  /** Waits for what is under way. */
  async stop(): Promise<Record<string, Tally>> {
    this.#isOver = true
    for (const leave of this.#leaves) leave()
    await Promise.all(this.#running)
    for (const end of this.#ends) end()
    return this.tallies
  }

  async #repeat(ask: Ask, tally: Tally): Promise<void> {
    while (!this.#isOver) {
      try {
        await withinReason(ask())
        tally.answered += 1
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        const what = code ?? message
        tally.lost[what] = (tally.lost[what] ?? 0) + 1
      }
    }
  }
}

async function withinReason(asked: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, HUNG, new Error('hung'))
  })
  await Promise.race([asked, hung])
  clearTimeout(timer)
}

/** All that a port sends to whoever connects, which has to be `length` bytes. */
export function poem(port: number, length: number): Ask {
  return () =>
    new Promise((resolve, reject) => {
      let got = 0
      const socket = connect(port, '127.0.0.1')
      socket.on('data', (data) => {
        got += data.length
      })
      socket.on('error', reject)
      socket.on('close', () =>
        got === length ? resolve() : reject(new Error(`short: ${got} of ${length}`)),
      )
    })
}

/** A page of `length` bytes; over TLS with the certificate `ca`, if there is one. */
export function page(
  options: http.RequestOptions & https.RequestOptions,
  length: number,
  keepAlive = true,
): [ask: Ask, end: () => void] {
  const { Agent, get } = options.ca === undefined ? http : https
  const agent = new Agent({ keepAlive })
  const ask: Ask = () =>
    new Promise((resolve, reject) => {
      const asked = get({ host: 'localhost', agent, ...options }, (response) => {
        let got = 0
        response.on('data', (data: Buffer) => {
          got += data.length
        })
        response.on('error', reject)
        response.on('end', () =>
          response.statusCode === 200 && got === length
            ? resolve()
            : reject(new Error(`short: ${response.statusCode}, ${got} of ${length}`)),
        )
      })
      asked.on('error', reject)
    })
  return [ask, () => agent.destroy()]
}

/** A connection that lasts: it echoes until it says goodbye, or its client leaves. */
export function lasting(port: number): [ask: Ask, leave: () => void] {
  const open = new Set<() => void>()
  let isLeft = false
  const headers = { connection: 'upgrade', upgrade: 'echo' }
  const ask: Ask = () =>
    new Promise((resolve, reject) => {
      const asked = http.get({ port, host: 'localhost', headers })
      asked.on('error', reject)
      asked.on('upgrade', (_response, socket) => {
        let text = ''
        const talk = setInterval(() => socket.writable && socket.write('.'), 20)
        const leave = (): void => {
          text = 'goodbye'
          socket.destroy()
        }
        open.add(leave)
        socket.on('data', (data: Buffer) => {
          text += String(data)
        })
        socket.on('error', reject)
        // It was on its way when the others left.
        if (isLeft) leave()
        socket.on('close', () => {
          clearInterval(talk)
          open.delete(leave)
          if (text.endsWith('goodbye')) resolve()
          else reject(new Error('cut without a goodbye'))
        })
      })
    })
  const leaveAll = (): void => {
    isLeft = true
    for (const leave of open) leave()
  }
  return [ask, leaveAll]
}
