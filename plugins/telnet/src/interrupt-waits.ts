import type { REPLServer } from 'node:repl'

/** How often the REPL looks at `breakEvalOnSigint` for what runs before the first wait. */
const LOOKS_OF_A_RUN = 3

/**
 * Has ^C end what a line waits for, as Node's option `breakEvalOnSigint` has. With the
 * option itself a line would also take SIGINT from the process while it runs, and a
 * daemon that gets the signal then would die of it. So it is off for the run, and on for
 * the wait.
 *
 * @returns what is to be called before each evaluation
 */
export function interruptWaits(server: REPLServer): () => void {
  let looks = 0
  Object.defineProperty(server, 'breakEvalOnSigint', {
    get() {
      looks += 1
      return looks > LOOKS_OF_A_RUN
    },
  })
  return () => {
    looks = 0
  }
}
