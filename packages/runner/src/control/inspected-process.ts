import { ExitStatus } from '../exit-status.ts'
import { openInspector } from '../open-inspector.ts'
import { RunnerError } from '../runner-error.ts'
import type { Inspectable } from './controlled.ts'
import { profileFor } from './profile-for.ts'

/** This process as it may be looked into; it has no workers. */
export const inspectedProcess: Inspectable = {
  debug(worker) {
    refuse('debug', worker)
    return { url: openInspector() }
  },

  profile(seconds, signal, worker) {
    refuse('profile', worker)
    return profileFor(seconds, signal)
  },

  heap(worker) {
    refuse('take a heap snapshot of', worker)
    return process.getBuiltinModule('node:v8').getHeapSnapshot()
  },
}

function refuse(verb: string, worker: number | undefined): void {
  if (worker === undefined) return
  const message = `cannot ${verb} worker ${worker}: it has no workers`
  throw new RunnerError('ERR_UNABLE', ExitStatus.USAGE, message)
}
