import { closeSync, fstatSync, ftruncateSync, lstatSync, statSync } from 'node:fs'
import { Appender } from './appender.ts'
import { codeOf, reasonOf } from './errors.ts'
import type { Formatter } from './formatter.ts'
import { isDescriptor, linkTarget } from './link-target.ts'
import type { LogDirectory } from './log-directory.ts'
import { numbersOf } from './log-number.ts'
import { chmodIfOurs, openAppend } from './open-append.ts'
import { OwnDirectory } from './own-directory.ts'
import { removeOldest } from './retention.ts'
import { type FileIdentity, isSameFile } from './same-file.ts'
import { seen } from './seen.ts'

/** What came of a rotation: somebody else may be at it just now. */
export type Rotation = 'done' | 'busy' | 'failed'

/**
 * The file that the log is written to now, and how it gives way to the next.
 * Only the constructor throws: once the log is open, what goes wrong with it is
 * said in it, once, and lines go on to the file that is open.
 *
 * @internal
 */
export class LiveFile {
  readonly path: string
  directory: LogDirectory
  /** How many rotated files are kept; 0 means every one. */
  maxFiles = 0
  readonly #appender: Appender
  /** Where the file is opened, which may not be what `path` says any more. */
  #opened: string
  /** Where that leads: an operator's link stays, its target is rotated. */
  #target: string
  #file: FileIdentity
  #mode: number | undefined
  #number: number
  #lastComplaint = ''

  constructor(path: string, mode: number | undefined, format: Formatter) {
    const directory = new OwnDirectory()
    this.path = path
    this.directory = directory
    this.#opened = path
    this.#target = linkTarget(path)
    const found = statSync(path, { throwIfNoEntry: false })
    const fd = openAppend(path, found, mode)
    // As twistd: a file that was there keeps its mode, and later files get it too.
    this.#mode = mode ?? (found?.isFile() ? found.mode & 0o7777 : undefined)
    if (mode !== undefined) chmodIfOurs(fd, mode)
    const file = fstatSync(fd)
    this.#file = file
    this.#appender = new Appender(fd, file.size, format)
    this.#number = numbersOf(this.#target)?.highest ?? 0
    if (this.rotatable) this.#finishRotation(directory)
  }

  get size(): number {
    return this.#appender.size
  }

  get lost(): number {
    return this.#appender.lost
  }

  set format(format: Formatter) {
    this.#appender.format = format
  }

  /** Whether this is a file that can be renamed, not a device, a pipe or a terminal. */
  get rotatable(): boolean {
    return !isDescriptor(this.#target) && fstatSync(this.#appender.fd).isFile()
  }

  /** Has the file at another path: the root has changed. Messages keep the old one. */
  setPath(path: string): void {
    this.#opened = path
    this.#target = path
  }

  append(line: string): void {
    this.#appender.append(line)
  }

  say(text: string): void {
    this.#appender.say(text)
  }

  /**
   * Looks what others have done meanwhile: how large the file is, which another
   * process may write to or have truncated; and whether it was rotated by one.
   * Then this goes on in the new one. Returns whether it does.
   */
  look(): boolean {
    this.#measure()
    // What is at this path in another root is another file.
    if (this.directory.copy !== undefined) return false
    const there = seen(() => lstatSync(this.#target, { throwIfNoEntry: false }))
    if (there === undefined || !there.isFile() || isSameFile(there, this.#file)) return false
    try {
      this.#goOnIn(openAppend(this.#target, there))
      return true
    } catch (error) {
      this.#complain(`cannot reopen log ${this.path}: ${reasonOf(error)}; ${STILL}`)
      return false
    }
  }

  /** Gives the file the next number, and goes on in a new one. */
  rotate(): Rotation {
    try {
      if (this.directory.copy !== undefined) return this.#copyAway(this.directory)
      const there = statSync(this.#target, { throwIfNoEntry: false })
      // If it was moved away, or replaced, somebody else has rotated it already.
      if (there === undefined || !isSameFile(there, this.#file)) this.#openAnew()
      else if (!this.#giveNumber()) return 'busy'
      else this.#goOnIn(openAppend(this.#target, statSync(this.#target)))
      return 'done'
    } catch (error) {
      this.#complain(`cannot rotate log ${this.path}: ${reasonOf(error)}; it goes on growing`)
      return 'failed'
    }
  }

  /** Whether the path leads to another file by now, or to none. */
  get isGone(): boolean {
    if (this.directory.copy !== undefined) return false
    const there = seen(() => statSync(this.#opened, { throwIfNoEntry: false }) ?? 'none')
    return there !== undefined && (there === 'none' || !isSameFile(there, this.#file))
  }

  /** Opens the path again, after somebody else has moved the file away. Returns whether it did. */
  reopen(): boolean {
    try {
      if (this.directory.copy !== undefined) return true
      this.#openAnew()
      return true
    } catch (error) {
      this.#complain(`cannot reopen log ${this.path}: ${reasonOf(error)}; ${STILL}`)
      return false
    }
  }

  close(): void {
    closeSync(this.#appender.fd)
  }

  /** What a process left undone that was killed while it rotated. */
  #finishRotation(directory: OwnDirectory): void {
    try {
      directory.settle(this.#target)
      if (this.#isNumbered()) this.rotate()
    } catch {
      // Who may not change the directory can't have been the one who was killed.
    }
  }

  /** Leaves the lines in a copy, where no other file can be opened. */
  #copyAway(directory: LogDirectory): Rotation {
    directory.copy?.(this.#file, this.maxFiles)
    ftruncateSync(this.#appender.fd)
    this.#measure()
    return 'done'
  }

  #measure(): void {
    this.#appender.size = fstatSync(this.#appender.fd).size
  }

  /** Opens what the path leads to by now, and makes that if it isn't there. */
  #openAnew(): void {
    this.#target = linkTarget(this.#opened)
    const found = statSync(this.#target, { throwIfNoEntry: false })
    if (found === undefined) this.#create()
    this.#goOnIn(openAppend(this.#target, found ?? statSync(this.#target)))
  }

  #create(): void {
    try {
      this.directory.create(this.#target, this.#mode)
    } catch (error) {
      // Another process has made it in this moment.
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }

  /** Returns false if another process is at it. */
  #giveNumber(): boolean {
    // The remembered number counts where the directory can no longer be listed. There
    // a name may turn out to be taken; three tries, so that no fault loops for ever.
    const before = this.#number
    for (let tries = 1; ; tries += 1) {
      this.#number = Math.max(this.#number, numbersOf(this.#target)?.highest ?? 0)
      if (!this.#isNumbered()) this.#number += 1
      const to = `${this.#target}.${this.#number}`
      try {
        this.directory.rotate(this.#target, to, this.#mode, this.#file)
        break
      } catch (error) {
        const code = codeOf(error)
        if (code === 'EEXIST' && tries < 3) continue
        // The number is another's.
        this.#number = before
        if (code === 'EBUSY') return false
        if (code === 'ESTALE') return true
        throw error
      }
    }
    this.#removeOldest()
    return true
  }

  #removeOldest(): void {
    try {
      removeOldest(this.directory, this.#target, this.maxFiles, this.#number)
    } catch (error) {
      this.#complain(`cannot remove old logs of ${this.path}: ${reasonOf(error)}`)
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
    this.#file = fstatSync(fd)
    this.#measure()
    this.#lastComplaint = ''
    closeSync(old)
  }

  /** A fault that lasts is said once. */
  #complain(text: string): void {
    if (text !== this.#lastComplaint) this.say(text)
    this.#lastComplaint = text
  }
}

const STILL = 'still writing to the old file'
