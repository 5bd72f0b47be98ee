import { Worker } from 'node:worker_threads'

/** The longest that Node and what runner itself needs may take to load, in seconds. */
export const START_LIMIT = 60

/** How many times longer a limit may get on a machine that has other things to do. */
export const MOST_STRETCH = 20

/** What the child says when its time is up; the seconds that it had come after. */
export const LATE = 'late'

/**
 * Kills this process when its time is up, also while it hangs in a loop, and
 * when nobody waits for it any more. Says so first on `reportFd`.
 *
 * @returns a function that starts the time: `limit` seconds, as many times
 * longer as this process took longer to get here than it had work to do
 */
export function limitTime(limit: number, reportFd: number): () => void {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const workerData = { shared, reportFd, startLimit: START_LIMIT * 1000, late: LATE }
  new Worker(WATCH, { eval: true, workerData, execArgv: [], env: {} }).unref()
  return () => {
    const { user, system } = process.cpuUsage()
    const stretch = (performance.now() * 1000) / (user + system)
    shared[0] = limit * 1000 * Math.min(Math.max(stretch, 1), MOST_STRETCH)
    Atomics.notify(shared, 0)
  }
}

/** A thread of its own, with no way for the others to stop it. */
const WATCH = `
  const { shared, reportFd, startLimit, late } = require('node:worker_threads').workerData
  Atomics.wait(shared, 0, 0, startLimit)
  if (shared[0] > 0) {
    Atomics.wait(shared, 1, 0, shared[0])
    try {
      require('node:fs').writeSync(reportFd, '\\n' + late + ' ' + Math.round(shared[0] / 1000) + '\\n')
    } catch {}
  }
  process.kill(process.pid, 'SIGKILL')`
