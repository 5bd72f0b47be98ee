import { Worker } from 'node:worker_threads'

/** The longest that Node and what runner itself needs may take to load, in seconds. */
export const START_LIMIT = 60

/** How many times longer a limit may get on a machine that has other things to do. */
const MOST_STRETCH = 20

/** How much memory the child may have in use, V8's heap or not, in megabytes. */
const MOST_MEMORY = 1024

/** How long a look at memory and time is good for, in milliseconds. */
const INTERVAL = 20

/**
 * Kills this process, and what it has started, when its time is up or it takes
 * too much memory, also while it hangs in a loop; and when nobody waits for it
 * any more. Says so first on `fd`.
 *
 * @param token what each line on `fd` begins with
 * @returns a function that starts the time, or starts it again: `limit` seconds,
 * as many times longer as this process took longer to get there first than it
 * had work to do. It returns the milliseconds.
 */
export function limitReader(limit: number, fd: number, token: string): () => number {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const workerData = {
    shared,
    fd,
    token,
    startLimit: START_LIMIT * 1000,
    most: MOST_MEMORY,
    interval: INTERVAL,
    parent: process.ppid,
  }
  new Worker(WATCH, { eval: true, workerData, execArgv: [], env: {} }).unref()
  const { add, store } = Atomics
  let time: number | undefined
  return () => {
    time ??= timeFor(limit)
    add(shared, 1, 1)
    store(shared, 0, time)
    return time
  }
}

function timeFor(limit: number): number {
  const { user, system } = process.cpuUsage()
  const stretch = (performance.now() * 1000) / (user + system)
  return Math.round(limit * 1000 * Math.min(Math.max(stretch, 1), MOST_STRETCH))
}

/** A thread of its own, with no way for the others to stop it. */
const WATCH = `
  const { shared, fd, token, startLimit, most, interval, parent } = require('node:worker_threads').workerData
  const sleeper = new Int32Array(new SharedArrayBuffer(4))
  const say = (what) => {
    try {
      require('node:fs').writeSync(fd, '\\n' + token + ' ' + JSON.stringify(what) + '\\n')
    } catch {}
  }
  const end = (what) => {
    if (what) say(what)
    try {
      process.kill(-process.pid, 'SIGKILL')
    } catch {}
    process.kill(process.pid, 'SIGKILL')
  }
  const start = performance.now()
  let begun
  let turn = 0
  for (;;) {
    Atomics.wait(sleeper, 0, 0, interval)
    const now = performance.now()
    const time = Atomics.load(shared, 0)
    const current = Atomics.load(shared, 1)
    if (time > 0 && current !== turn) {
      turn = current
      begun = now
    }
    if (begun === undefined ? now - start > startLimit : now - begun > time) {
      end(begun === undefined ? undefined : { is: 'late', amount: Math.round(time / 1000) })
    }
    const used = Math.round(process.memoryUsage.rss() / 1048576)
    if (used > most) end({ is: 'flooded', amount: most })
    if (process.ppid !== parent) end()
  }`
