import { closeSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'

/** What a verb writes, whole or not at all: what a daemon held is nobody else's to read. */
export class OutputFile {
  /** As it is told to an operator. */
  readonly name: string
  readonly #path: string
  readonly #draft: string
  readonly #attempt: string
  readonly #fd: number

  /**
   * Makes the file beside `path`, so that what can't be written is known before
   * anything is recorded.
   *
   * @throws RunnerError
   */
  constructor(path: string, cwd: string, attempt: string) {
    this.#path = resolve(cwd, path)
    this.#draft = `${this.#path}.${process.pid}.tmp`
    this.#attempt = attempt
    const inside = relative(cwd, this.#path)
    this.name = inside.startsWith('..') ? this.#path : inside
    this.#fd = this.#explained(() => openSync(this.#draft, 'wx', 0o600))
  }

  /** @throws RunnerError */
  write(bytes: Buffer): void {
    this.#explained(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at)
    })
  }

  /** Puts it where it belongs. @throws RunnerError */
  finish(): void {
    closeSync(this.#fd)
    this.#explained(() => renameSync(this.#draft, this.#path))
  }

  /** Leaves nothing of it. */
  discard(): void {
    closeSync(this.#fd)
    unlinkSync(this.#draft)
  }

  #explained<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const status =
        code === 'EACCES' || code === 'EPERM' ? ExitStatus.NOPERM : ExitStatus.CANTCREAT
      const message = `${this.#attempt}: cannot write ${this.name}: ${reasons[code ?? ''] ?? code}`
      throw new RunnerError('ERR_OUTPUT', status, message, { cause: error })
    }
  }
}

const reasons: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOENT: 'no such directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
}

/** The name of what is recorded of a process now, where none was given. */
export function outputName(pid: number, ending: string, now: Date = new Date()): string {
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '')
  return `runner-${pid}-${time}.${ending}`
}
