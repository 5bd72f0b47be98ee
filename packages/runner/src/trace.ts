import { appendFileSync } from 'node:fs'

const file = process.env.RUNNER_TRACE

/**
 * Names a step of the run as it is taken. With `RUNNER_TRACE=FILE` each is a
 * line of that file, with the pid; the table in the README is held against it.
 */
export const trace: (step: string) => void = file
  ? (step) => appendFileSync(file, `${process.pid} ${step}\n`)
  : () => {}
