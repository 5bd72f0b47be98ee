import http from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the plugin sends: 11 bytes that say who, then the poem; or a page. */
const POEM = 11 + 400_000
const PAGE = 2_000

/** How many of those that are lost are told of. */
const TOLD = 20

/** How long a request may take, in ms. */
const HUNG = 60_000

/** How long after a kill a client that was not told by whom it is served may be cut, in ms. */
const AFTERMATH = 2_000

/** What a client knows when something went wrong. */
class Lost extends Error {
  readonly pid: number | undefined

  constructor(what: string, pid: number | undefined) {
    super(what)
    this.pid = pid
  }
}

type Ask = () => Promise<void>

/** Clients that ask without a pause, and count what came of it. */
export class Requests {
  answered = 0
  /** Cut because the worker that served them was killed. */
  excused = 0
  /** A line each, but for those beyond the first {@link TOLD}. */
  readonly lost: string[] = []
  readonly #killed = new Map<number, number>()
  readonly #clients: Promise<void>[] = []
  readonly #kept = new http.Agent({ keepAlive: true })
  readonly #since = performance.now()
  #isOver = false

  constructor(poem: number, page: number) {
    this.#add('poem', 3, () => recited(poem))
    this.#add('page', 2, () => paged({ port: page, path: '/', agent: false }))
    this.#add('kept page', 3, () => paged({ port: page, path: '/', agent: this.#kept }))
    this.#add('slow page', 3, () => paged({ port: page, path: '/slow', agent: false }))
  }

  /** A worker is about to be killed: its own requests are. */
  kills(pid: number): void {
    this.#killed.set(pid, performance.now())
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
    this.#kept.destroy()
  }

  #add(kind: string, clients: number, ask: Ask): void {
    for (let n = 0; n < clients; n += 1) this.#clients.push(this.#repeat(kind, ask))
  }

  async #repeat(kind: string, ask: Ask): Promise<void> {
    while (!this.#isOver) {
      try {
        await inTime(ask())
        this.answered += 1
      } catch (error) {
        if (this.#isExcused(error)) this.excused += 1
        else this.#note(kind, error)
        // A daemon that refuses everybody is not asked a million times.
        await sleep(50)
      }
    }
  }

  #isExcused(error: unknown): boolean {
    const { pid } = error as Partial<Lost>
    if (pid !== undefined) return this.#killed.has(pid)
    if (!(error instanceof Lost)) return false
    return [...this.#killed.values()].some((at) => performance.now() - at < AFTERMATH)
  }

  #note(kind: string, error: unknown): void {
    const { pid, message } = error as Lost
    const at = ((performance.now() - this.#since) / 1000).toFixed(1)
    if (this.lost.length === TOLD) this.lost.push('and more')
    if (this.lost.length > TOLD) return
    this.lost.push(`at ${at} s, a ${kind} of ${pid ?? 'nobody known'}: ${message}`)
  }
}

async function inTime(asked: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in 60 s')), HUNG)
  })
  try {
    await Promise.race([asked, hung])
  } finally {
    clearTimeout(timer)
  }
}

function recited(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let got = 0
    let who = ''
    let wrong: string | undefined
    const socket = connect(port, '127.0.0.1')
    socket.on('data', (data) => {
      got += data.length
      if (who.length < 11) who += data.toString('latin1', 0, 11 - who.length)
    })
    socket.on('error', ({ message }) => {
      wrong = message
    })
    socket.on('close', () => {
      if (got === POEM && wrong === undefined) resolve()
      else reject(new Lost(`${got} bytes, ${wrong ?? 'then the end'}`, Number(who) || undefined))
    })
  })
}

/** By whom a kept connection is served, known since its first answer. */
const serving = new WeakMap<object, number>()

function paged(options: http.RequestOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = http.get({ host: '127.0.0.1', ...options }, (response) => {
      const pid = Number(response.headers['x-pid']) || undefined
      if (asked.socket && pid) serving.set(asked.socket, pid)
      let got = 0
      const lost = (how: string): void =>
        reject(new Lost(`${response.statusCode}, ${got} bytes, ${how}`, pid))
      response.on('data', (data: Buffer) => {
        got += data.length
      })
      response.on('error', ({ message }) => lost(message))
      response.on('end', () =>
        response.statusCode === 200 && got === PAGE ? resolve() : lost('then the end'),
      )
    })
    asked.on('error', ({ message }) =>
      reject(new Lost(message, asked.socket ? serving.get(asked.socket) : undefined)),
    )
  })
}
