import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs'

/** How long what a dead process has left behind may take to end by itself, in ms. */
const PATIENCE = 2500

/** How long all of it may take, in ms: the system needs a moment for one with many threads. */
const LIMIT = PATIENCE + 5000

/** Between two looks, in ms. */
const PAUSE = 20

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/**
 * What the process that a pid file names has left behind when it was killed: its
 * workers hold the file's lock as long as they hold its ports. They let go as soon as
 * they notice that they are alone; one that loops, or is halted, never does.
 */
export class Leftovers {
  readonly #path: string
  readonly #began = Date.now()
  readonly #killed = new Set<number>()

  /** @param path of a pid file that is locked and whose process is gone */
  constructor(path: string) {
    this.#path = path
  }

  /**
   * To be called as long as the file is locked: waits a moment for them, where it stands,
   * and has those ended by SIGKILL that take too long.
   *
   * @returns the pids of those; `undefined` if nothing more can be done
   */
  outlast(): readonly number[] | undefined {
    const waited = Date.now() - this.#began
    if (waited > LIMIT) return undefined
    const late = waited < PATIENCE ? [] : this.#stillThere()
    if (!late.every(kill)) return undefined
    for (const pid of late) this.#killed.add(pid)
    Atomics.wait(sleeper, 0, 0, PAUSE)
    return late
  }

  #stillThere(): number[] {
    return lockHolders(this.#path).filter((pid) => !this.#killed.has(pid))
  }
}

/** Those that have the file open through the descriptor by which it is locked. */
function lockHolders(path: string): number[] {
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined || process.platform !== 'linux') return []
  return entriesOf('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => entriesOf(`/proc/${pid}/fd`).some((fd) => isLockedBy(pid, fd, file)))
    .map(Number)
}

/** @see proc_pid_fdinfo(5), `lock` */
function isLockedBy(pid: string, fd: string, file: Stats): boolean {
  try {
    const { ino, dev } = statSync(`/proc/${pid}/fd/${fd}`)
    if (ino !== file.ino || dev !== file.dev) return false
    return /^lock:.* FLOCK /m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))
  } catch {
    // Closed meanwhile, or gone.
    return false
  }
}

/** Of a process of another user nothing is told. */
function entriesOf(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

/** Returns whether it could. */
function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
