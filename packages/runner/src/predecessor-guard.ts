import { Worker } from 'node:worker_threads'

/** Between two looks at whether it is there, in ms. */
const PAUSE = 200

/** How long this process has to end by itself when it isn't, in ms. */
const PATIENCE = 1000

/**
 * Ends this process by SIGKILL soon after the one that it is to succeed has gone:
 * a successor that hasn't taken over is nobody's any more, and has a port and the
 * lock of the pid file, whatever it starts, loops in or waits for. A thread of its
 * own, which nothing that loops can hold up.
 */
export class PredecessorGuard {
  readonly #worker: Worker

  constructor(predecessor: number) {
    this.#worker = new Worker(GUARD, {
      ...{ eval: true, workerData: { predecessor, PAUSE, PATIENCE }, execArgv: [], env: {} },
      // Else this thread would make its process.stdout for what that one prints.
      ...{ stdout: true, stderr: true },
    })
    this.#worker.on('error', () => {})
    this.#worker.unref()
  }

  /** This process may go on without the other. */
  rest(): void {
    this.#worker.terminate()
  }
}

/**
 * A child that is left behind is another's: that is so too where nobody asks how the
 * one before has ended, and it stays as a zombie. Who never was its child asks for it.
 */
const GUARD = `
  const { predecessor, PAUSE, PATIENCE } = require('node:worker_threads').workerData
  const isChild = process.ppid === predecessor
  const timer = setInterval(() => {
    if (isThere()) return
    clearInterval(timer)
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), PATIENCE)
  }, PAUSE)
  function isThere() {
    if (isChild) return process.ppid === predecessor
    try {
      return process.kill(predecessor, 0)
    } catch (error) {
      return error.code === 'EPERM'
    }
  }`
