import { accessSync, closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { log, Service } from 'runnerd'

const { W_OK, X_OK } = constants

/** Of sysexits(3): a file can't be made. */
const CANTCREAT = 73

/** How often it is looked whether the file is still at its path, in ms. */
const LOOK = 1000

/**
 * An access log of its own file. What is logged in one turn of the event loop is written
 * in one go. A file that was moved away, as logrotate does it, is left at the latest a
 * second later, and a new one begun at the path.
 */
export class AccessFile extends Service {
  readonly #path: string
  #file: number | undefined
  #lines: string[] = []
  #lookedAt = 0
  #hasFailed = false

  constructor(path: string) {
    super()
    this.#path = path
  }

  /** Looks whether it could be had, and doesn't make it. */
  override checkStart(): void {
    try {
      this.#tryToOpen()
    } catch (error) {
      throw this.#refused(error)
    }
  }

  /** Opens it, so that one that can't be had fails the start. */
  override startService(): void {
    super.startService()
    try {
      this.#open()
    } catch (error) {
      throw this.#refused(error)
    }
  }

  override stopService(): void {
    super.stopService()
    this.#flush()
    this.#close()
  }

  /** Writes a line; its end is added. */
  write(line: string): void {
    if (this.#lines.length === 0) setImmediate(() => this.#flush())
    this.#lines.push(line)
  }

  #flush(): void {
    if (this.#lines.length === 0) return
    const text = Buffer.from(`${this.#lines.join('\n')}\n`)
    this.#lines = []
    try {
      if (this.#isElsewhere()) this.#close()
      if (this.#file === undefined) this.#open()
      for (let at = 0; at < text.length; ) at += writeSync(this.#file as number, text, at)
      this.#hasFailed = false
    } catch (error) {
      // Said once, until it works again: requests are answered all the same.
      if (!this.#hasFailed) log.err(error, `Cannot write the access log ${this.#path}`)
      this.#hasFailed = true
    }
  }

  #isElsewhere(): boolean {
    const now = Date.now()
    if (this.#file === undefined || now - this.#lookedAt < LOOK) return false
    this.#lookedAt = now
    const there = statSync(this.#path, { throwIfNoEntry: false })
    const ours = fstatSync(this.#file)
    return there?.ino !== ours.ino || there.dev !== ours.dev
  }

  #open(): void {
    this.#file = openSync(this.#path, 'a')
    this.#lookedAt = Date.now()
  }

  #tryToOpen(): void {
    const there = statSync(this.#path, { throwIfNoEntry: false })
    // With the dot it is a directory or an error.
    if (there === undefined) accessSync(`${dirname(this.#path)}/.`, W_OK | X_OK)
    else if (there.isFile() || there.isDirectory()) closeSync(openSync(this.#path, 'a'))
    // To open a device or a fifo may be noticed, or wait for somebody.
    else accessSync(this.#path, W_OK)
  }

  /** It is said of opening it, whatever was tried. */
  #refused(error: unknown): Error {
    const told = { exitStatus: CANTCREAT, syscall: 'open', path: this.#path }
    return Object.assign(error as Error, told)
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}
