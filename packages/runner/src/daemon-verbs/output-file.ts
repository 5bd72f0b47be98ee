import {
  closeSync,
  constants,
  openSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs'
import { relative, resolve } from 'node:path'
import { isDescriptor, linkTarget, writeFully } from '@runnerd/logging'
import { UsageError } from '@runnerd/options'
import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'
import type { DaemonVerbName } from './names.ts'

/** What stands for stdout. */
const STDOUT = '-'

/**
 * What a verb writes. A file is there whole or not at all: what a daemon held is nobody
 * else's to read. A symbolic link stays and its target is written; a device, a pipe or
 * stdout, whose name is `-`, is written into.
 */
export class OutputFile {
  /** As it is told to an operator. */
  readonly name: string
  /** Whether it is stdout, where nothing else may be printed then. */
  readonly isStdout: boolean
  readonly #path: string
  /** `undefined` where there is nothing to be put in place. */
  readonly #draft: string | undefined
  readonly #attempt: string
  readonly #fd: number

  /**
   * Makes the file beside the one that is meant, so that what can't be written is known
   * before anything is recorded.
   *
   * @throws RunnerError
   */
  constructor(path: string, cwd: string, attempt: string) {
    const given = resolve(cwd, path)
    this.#attempt = attempt
    this.isStdout = path === STDOUT
    const inside = relative(cwd, given)
    this.name = this.isStdout ? 'stdout' : inside === '' || inside.startsWith('..') ? given : inside
    // Before the links are followed by their text: what the system says to them counts.
    const found = this.isStdout ? undefined : this.#explained(() => lookAt(given))
    this.#path = linkTarget(given)
    const isStream = this.isStdout || (found !== undefined && !found.isFile())
    this.#draft =
      isStream || isDescriptor(this.#path) ? undefined : `${this.#path}.${process.pid}.tmp`
    this.#fd = this.isStdout ? 1 : this.#explained(() => this.#open())
  }

  /** @throws RunnerError */
  write(bytes: Buffer): void {
    this.#explained(() => writeFully(this.#fd, bytes))
  }

  /** Puts it where it belongs. @throws RunnerError */
  finish(): void {
    this.#close()
    const draft = this.#draft
    if (draft !== undefined) this.#explained(() => renameSync(draft, this.#path))
  }

  /** Leaves nothing of it, where there is a file. */
  discard(): void {
    this.#close()
    if (this.#draft !== undefined) unlinkSync(this.#draft)
  }

  #open(): number {
    if (this.#draft !== undefined) return openSync(this.#draft, 'wx', 0o600)
    // Never makes it: it was there a moment ago.
    return openSync(this.#path, constants.O_WRONLY | constants.O_APPEND)
  }

  #close(): void {
    if (!this.isStdout) closeSync(this.#fd)
  }

  #explained<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
      const status =
        code === 'EACCES' || code === 'EPERM' ? ExitStatus.NOPERM : ExitStatus.CANTCREAT
      const message = `${this.#attempt}: cannot write ${this.name}: ${reasons[code ?? ''] ?? code}`
      throw new RunnerError('ERR_OUTPUT', status, message, { cause: error })
    }
  }
}

/** What is at a path; `undefined` if nothing is. @throws the system's error */
function lookAt(path: string): Stats | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) throw Object.assign(new Error('a directory'), { code: 'EISDIR' })
  return found
}

const reasons: { readonly [code: string]: string } = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links go round in a circle',
  ENOENT: 'no such directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  ENXIO: 'it is a socket',
  EPIPE: 'nobody reads it any more',
  EROFS: 'read-only file system',
}

/**
 * What `--output` names, if it was given.
 *
 * @throws UsageError for no name at all
 */
export function givenOutput(
  values: Readonly<Record<string, unknown>>,
  verb: DaemonVerbName,
): string | undefined {
  const name = values.output as string | undefined
  if (name !== '') return name
  throw new UsageError(`cannot run ${verb}: option --output needs the name of a file`, {
    hint: `runner ${verb} --help lists the options`,
  })
}

/** The name of what is recorded of a process now, where none was given. */
export function outputName(pid: number, ending: string, now: Date = new Date()): string {
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '')
  return `runner-${pid}-${time}.${ending}`
}
