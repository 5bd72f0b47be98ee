import { counted } from '@runnerd/options'
import { ExitStatus } from './exit-status.ts'

/**
 * Waits for what must not take longer than `seconds`.
 *
 * @param what is not so when the time is over: `not ready`
 * @param grace further seconds, for whoever says so itself
 * @throws an error with status 75 then, or what the promise rejects with
 */
export async function inTime<T>(
  seconds: number,
  what: string,
  promise: Promise<T>,
  grace = 0,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `${what} within ${counted(seconds, 'second')}`
    const error = Object.assign(new Error(message), { exitStatus: ExitStatus.TEMPFAIL })
    timer = setTimeout(reject, (seconds + grace) * 1000, error)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
