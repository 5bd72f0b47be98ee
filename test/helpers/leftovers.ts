import { processesWith } from '../run/conformance/processes.ts'

/** What every process that is started here, and all that these start, has in its environment. */
export const mark: Readonly<Record<string, string>> = { STARTED_BY_TEST: String(process.pid) }

/** How often it is looked for more: what is killed may have been about to start another. */
const LOOKS = 50

/** Between two looks, in ms. */
const PAUSE = 20

/**
 * Kills what the tests of this file have left. A test has a hook for it, and none runs
 * when the file is ended for having taken too long.
 */
function endLeftovers(): void {
  if (process.platform !== 'linux') return
  const entry = `STARTED_BY_TEST=${mark.STARTED_BY_TEST}`
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  for (let look = 0; look < LOOKS; look += 1) {
    const pids = processesWith(entry)
    if (pids.length === 0) return
    for (const pid of pids) kill(pid)
    Atomics.wait(sleeper, 0, 0, PAUSE)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was about to end.
  }
}

process.once('exit', endLeftovers)
process.once('SIGTERM', () => {
  endLeftovers()
  process.kill(process.pid, 'SIGTERM')
})
