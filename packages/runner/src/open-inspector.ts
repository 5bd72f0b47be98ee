import { ExitStatus } from './exit-status.ts'
import { RunnerError } from './runner-error.ts'

const LOOPBACK = '127.0.0.1'

/** Where debuggers look without being told. */
const PORT = 9229

/**
 * Opens Node's inspector for whoever is on this machine, on its usual port or, where
 * that is taken, any free one. Node itself prints its address on stderr. Does
 * nothing when it is open already. Returns the address.
 *
 * @throws RunnerError when it can't be opened
 */
export function openInspector(): string {
  // Loaded only here: hardly a run opens it.
  const { open, url } = process.getBuiltinModule('node:inspector')
  for (const port of [PORT, 0]) {
    if (url() === undefined) open(port, LOOPBACK)
  }
  const address = url()
  if (address !== undefined) return address
  const message = `cannot open the inspector on ${LOOPBACK}: no port can be had`
  throw new RunnerError('ERR_INSPECTOR', ExitStatus.UNAVAILABLE, message)
}
