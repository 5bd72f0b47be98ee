import { sdNotify } from './sd-notify.ts'

/** The longest that a timer can be set for, in ms. */
const LONGEST = 2 ** 31 - 1

/**
 * Tells the service manager again and again that this process lives, as sd_watchdog_enabled(3)
 * has it: twice in the time after which it takes the process for dead. The event loop
 * does so: one that stands still says nothing, and the process is ended and started anew.
 *
 * Does nothing where no service manager waits for that, or waits for another process.
 *
 * @returns what ends it, for a process that is the main one no more
 */
export function feedWatchdog({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): () => void {
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid)
  if (!isOurs || !/^[1-9]\d*$/.test(WATCHDOG_USEC ?? '')) return () => {}
  const pause = Math.floor(Number(WATCHDOG_USEC) / 1000 / 2)
  const timer = setInterval(() => sdNotify('WATCHDOG=1'), Math.min(Math.max(pause, 1), LONGEST))
  timer.unref()
  return () => clearInterval(timer)
}

/** This process is the main one in the place of another, which the environment still names. */
export function takeWatchdog(from: number): void {
  if (process.env.WATCHDOG_PID === String(from)) process.env.WATCHDOG_PID = String(process.pid)
}
