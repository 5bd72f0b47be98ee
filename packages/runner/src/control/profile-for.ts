import { ExitStatus } from '../exit-status.ts'
import { RunnerError } from '../runner-error.ts'

let isRecording = false

/**
 * Records for so many seconds what the processor does, or until nobody waits for
 * it any more.
 *
 * @returns a .cpuprofile, which is JSON
 * @throws RunnerError while another is recorded, and where Node has no inspector
 */
export async function profileFor(seconds: number, signal: AbortSignal): Promise<string> {
  if (!process.features.inspector) throw cannot('this Node has no inspector')
  if (isRecording) throw cannot('a profile is being recorded already', ExitStatus.TEMPFAIL)
  isRecording = true
  const { Session } = process.getBuiltinModule('node:inspector/promises')
  const session = new Session()
  try {
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    await passed(seconds, signal)
    const { profile } = await session.post('Profiler.stop')
    return JSON.stringify(profile)
  } finally {
    session.disconnect()
    isRecording = false
  }
}

function passed(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(end, seconds * 1000).unref()
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
  })
}

function cannot(reason: string, status: ExitStatus = ExitStatus.UNAVAILABLE): RunnerError {
  return new RunnerError('ERR_UNABLE', status, `cannot profile: ${reason}`)
}
