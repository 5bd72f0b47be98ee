import { addObserver, formatText, type LogEvent } from '@runnerd/logging'

interface Waiting {
  look(line: string): void
  end(): void
}

/** The lines that the process logs from now until the log is closed. */
export class ServiceLog {
  readonly #lines: string[] = []
  readonly #waiting = new Set<Waiting>()
  readonly #tapname: string
  readonly #stopObserving: () => void
  #isClosed = false

  constructor(tapname: string) {
    this.#tapname = tapname
    // The first observer of a process gets what was logged before it, later ones don't.
    let replaying = true
    this.#stopObserving = addObserver((event) => {
      if (!replaying) this.#add(event)
    })
    replaying = false
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** See {@link StartedService.line}. */
  line(pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = withResolvers<string>()
    const look = (line: string): void => {
      if (!matches(pattern, line)) return
      this.#waiting.delete(waiting)
      resolve(line)
    }
    const end = (): void => reject(this.#neverCame(pattern))
    const waiting: Waiting = { look, end }
    const there = this.#lines.find((line) => matches(pattern, line))
    if (there !== undefined) resolve(there)
    else if (this.#isClosed) end()
    else this.#waiting.add(waiting)
    return promise
  }

  /** Nothing is added any more, and who waits for a line waits in vain. */
  close(): void {
    this.#isClosed = true
    this.#stopObserving()
    for (const waiting of this.#waiting) waiting.end()
    this.#waiting.clear()
  }

  #add(event: LogEvent): void {
    const text = formatText(event)
    const line = text.slice(text.indexOf(' ') + 1, -1)
    this.#lines.push(line)
    for (const waiting of this.#waiting) waiting.look(line)
  }

  #neverCame(pattern: RegExp): Error {
    const log = this.#lines.map((line) => `\n    ${line}`).join('')
    return new Error(
      `${this.#tapname} stopped without logging ${pattern}; it logged:${log || ' nothing'}`,
    )
  }
}

/** A pattern with the flag g or y goes on from its last match, which is not meant here. */
function matches(pattern: RegExp, line: string): boolean {
  pattern.lastIndex = 0
  return pattern.test(line)
}

// Promise.withResolvers is of Node 22.
function withResolvers<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: Error) => void
} {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept
    reject = refuse
  })
  return { promise, resolve, reject }
}
