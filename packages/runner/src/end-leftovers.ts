import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { startOf } from './process-state.ts'

/** How long what a dead process has left behind may take to end by itself, in ms. */
const PATIENCE = 2500

/** How long a process may take to be gone after SIGKILL, in ms. */
const DYING = 5000

/** Between two looks, in ms. */
const PAUSE = 20

/**
 * What the process that a pid file names has left behind when it was killed: its
 * workers hold the file's lock as long as they hold its ports. They let go as soon as
 * they notice that they are alone; one that loops, or is halted, never does.
 */
export class Leftovers {
  readonly #path: string
  readonly #began = Date.now()

  /** @param path of a pid file that is locked and whose process is gone */
  constructor(path: string) {
    this.#path = path
  }

  /**
   * To be called as long as the file is locked: waits a moment for them, where it stands,
   * and ends those by SIGKILL that take too long. Returns the pids of those.
   *
   * @returns `undefined` if they can be neither waited for nor ended
   */
  outlast(): readonly number[] | undefined {
    if (Date.now() - this.#began < PATIENCE) {
      sleep(PAUSE)
      return []
    }
    const pids = lockHolders(this.#path)
    return pids.length > 0 && pids.every(end) ? pids : undefined
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

/** Returns whether it is gone, and its ports with it. */
function end(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  const until = Date.now() + DYING
  while (startOf(pid) !== undefined) {
    if (Date.now() > until) return false
    sleep(PAUSE)
  }
  return true
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
