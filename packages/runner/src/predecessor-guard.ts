import { Worker } from 'node:worker_threads'

/** Between two looks at whether it is there, in ms. */
const PAUSE = 200

/** How long a process that has not taken over has to end by itself when it isn't, in ms. */
const PATIENCE = 1000

/** The longest that a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

/**
 * Ends this process by SIGKILL soon after the one that has started it has gone: it is
 * nobody's any more then, and has a port and the lock of the pid file, whatever it
 * starts, loops in or waits for. A thread of its own, which nothing that loops can
 * hold up.
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

  /** It has as long to end when it is left alone, in seconds: a stop must be over by then. */
  allow(seconds: number): void {
    this.#worker.postMessage(Math.min(seconds * 1000, LONGEST))
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
  const { parentPort, workerData } = require('node:worker_threads')
  const { predecessor, PAUSE, PATIENCE } = workerData
  const isChild = process.ppid === predecessor
  let patience = PATIENCE
  let alone, end
  parentPort.on('message', (longer) => {
    patience = longer
    if (alone !== undefined) beginEnd()
  })
  const timer = setInterval(() => {
    if (isThere()) return
    clearInterval(timer)
    alone = performance.now()
    beginEnd()
  }, PAUSE)
  function beginEnd() {
    clearTimeout(end)
    const left = patience - (performance.now() - alone)
    end = setTimeout(() => process.kill(process.pid, 'SIGKILL'), left)
  }
  function isThere() {
    if (isChild) return process.ppid === predecessor
    try {
      return process.kill(predecessor, 0)
    } catch (error) {
      return error.code === 'EPERM'
    }
  }`
