import { spawnSync } from 'node:child_process'

/** Milliseconds until a command has ended. */
export function timeOf(command, args, options) {
  const began = process.hrtime.bigint()
  const { status, stderr } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...options,
  })
  const took = Number(process.hrtime.bigint() - began) / 1e6
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`)
  return took
}

/**
 * Runs every contestant once in each round, so that all meet the same moods of
 * the machine. Returns the median of each.
 */
export async function inTurn(rounds, contestants) {
  const names = Object.keys(contestants)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const name of names) {
      const time = await contestants[name]()
      // The first round warms the caches.
      if (round >= 0) times[name].push(time)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])]))
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Starts a server and waits until `ready` says that it serves. */
export async function startServer(start, ready) {
  const child = start()
  const ended = new Promise((_, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)))
  })
  ended.catch(() => {})
  await Promise.race([ready(), ended])
  return child
}

/** Ends a child and waits until it is gone. */
export async function endServer(child) {
  const ended = new Promise((resolve) => {
    child.on('exit', resolve)
  })
  child.kill('SIGTERM')
  await ended
}

/** Waits, in ms, and does nothing else. */
export function pause(time) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time)
}
