import assert from 'node:assert/strict'

/**
 * Sends a signal to one process. What is no pid fails the test, for 0, which a status
 * has of a worker that is just not there, would be the test itself and all beside it.
 */
export function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  assert.ok(Number.isInteger(pid) && Number(pid) > 1, `there is no process ${pid} to signal`)
  process.kill(pid as number, signal)
}
