import { closeSync, fchmodSync, fstatSync, lstatSync, statSync } from 'node:fs'
import { Appender } from './appender.ts'
import { codeOf, reasonOf } from './errors.ts'
import { isDescriptor, linkTarget } from './link-target.ts'
import { type LogDirectory, ownDirectory } from './log-directory.ts'
import { highestNumber } from './log-number.ts'
import { openAppend } from './open-append.ts'
import { isSameFile } from './same-file.ts'

/**
 * The file that the log is written to now, and how it gives way to the next.
 * Only the constructor throws: once the log is open, what goes wrong with it is
 * said in it, and lines go on to the file that is open.
 *
 * @internal
 */
export class LiveFile {
  readonly path: string
  directory: LogDirectory = ownDirectory
  readonly #appender: Appender
  /** Where `path` leads: an operator's link stays, its target is rotated. */
  #target: string
  #mode: number | undefined
  #number: number

  constructor(path: string, mode: number | undefined) {
    this.path = path
    this.#target = linkTarget(path)
    const found = statSync(path, { throwIfNoEntry: false })
    const fd = openAppend(path, found, mode)
    // As twistd: a file that was there keeps its mode, and later files get it too.
    this.#mode = mode ?? (found?.isFile() ? found.mode & 0o7777 : undefined)
    if (mode !== undefined) chmodIfOurs(fd, mode)
    this.#appender = new Appender(fd, fstatSync(fd).size)
    this.#number = highestNumber(this.#target)
  }

  get size(): number {
    return this.#appender.size
  }

  /** Whether this is a file that can be renamed, not a device, a pipe or a terminal. */
  get rotatable(): boolean {
    return !isDescriptor(this.#target) && fstatSync(this.#appender.fd).isFile()
  }

  append(line: string): void {
    this.#appender.append(line)
  }

  say(text: string): void {
    this.#appender.say(text)
  }

  /** Asks the system for the size: somebody else may have truncated the file. */
  measure(): number {
    this.#appender.size = fstatSync(this.#appender.fd).size
    return this.size
  }

  /** Gives the file the next number, and goes on in a new one. Returns whether it did. */
  rotate(): boolean {
    try {
      const there = statSync(this.#target, { throwIfNoEntry: false })
      // If it was moved away, or replaced, somebody else has rotated it already.
      if (there === undefined) this.directory.create(this.#target, this.#mode)
      else if (isSameFile(there, fstatSync(this.#appender.fd))) this.#giveNumber()
      this.#goOnIn(openAppend(this.#target, statSync(this.#target)))
      return true
    } catch (error) {
      this.say(`cannot rotate log ${this.path}: ${reasonOf(error)}; it goes on growing`)
      return false
    }
  }

  /** Opens the path again, after somebody else has moved the file away. */
  reopen(): void {
    try {
      const target = linkTarget(this.path)
      const found = statSync(target, { throwIfNoEntry: false })
      if (found === undefined) this.directory.create(target, this.#mode)
      this.#goOnIn(openAppend(target, found ?? statSync(target)))
      this.#target = target
    } catch (error) {
      this.say(`cannot reopen log ${this.path}: ${reasonOf(error)}; still writing to the old file`)
    }
  }

  close(): void {
    closeSync(this.#appender.fd)
  }

  #giveNumber(): void {
    // The remembered number counts where the directory can no longer be listed. There
    // a name may turn out to be taken; three tries, so that no fault loops for ever.
    for (let tries = 1; ; tries += 1) {
      this.#number = Math.max(this.#number, highestNumber(this.#target))
      if (!this.#isNumbered()) this.#number += 1
      try {
        this.directory.rotate(this.#target, `${this.#target}.${this.#number}`, this.#mode)
        return
      } catch (error) {
        if (codeOf(error) !== 'EEXIST' || tries === 3) throw error
      }
    }
  }

  /** Whether a rotation was cut short after this file had got the highest number. */
  #isNumbered(): boolean {
    const live = fstatSync(this.#appender.fd)
    if (live.nlink < 2) return false
    const last = lstatSync(`${this.#target}.${this.#number}`, { throwIfNoEntry: false })
    return last !== undefined && isSameFile(live, last)
  }

  #goOnIn(fd: number): void {
    const old = this.#appender.fd
    this.#appender.fd = fd
    this.measure()
    closeSync(old)
  }
}

function chmodIfOurs(fd: number, mode: number): void {
  try {
    fchmodSync(fd, mode)
  } catch {
    // As twistd: somebody else's file keeps its mode.
  }
}
