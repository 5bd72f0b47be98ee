import { CapturedStream } from './captured-stream.ts'
import { hub } from './hub.ts'
import type { LogLevel } from './log-event.ts'

/**
 * Logs each line that is printed, by `console` too: with the system
 * `stdout#info` and the level `info`, or with `stderr#error` and `error`.
 *
 * What has no newline yet is kept, and logged at exit or when the capture ends.
 * The real streams are not touched, not even made. What native code or a child
 * process writes to the descriptors is not captured.
 *
 * @returns a function that ends the capture
 */
export function captureStdio(): () => void {
  const restoreStdout = capture('stdout', 1, 'info')
  const restoreStderr = capture('stderr', 2, 'error')
  return () => {
    restoreStdout()
    restoreStderr()
  }
}

function capture(name: 'stdout' | 'stderr', fd: number, level: LogLevel): () => void {
  const system = `${name}#${level}`
  const real = Object.getOwnPropertyDescriptor(process, name)!
  let stream: CapturedStream | undefined
  const make = (): CapturedStream =>
    new CapturedStream(fd, (text) => hub.emit({ time: Date.now(), level, system, text }))

  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get: () => {
      stream ??= make()
      return stream
    },
  })
  forgetConsoleStream(name)

  const onExit = (): void => {
    if (stream === undefined) stream = make()
    stream.unbuffered = true
    stream.flush()
  }
  // Before those who close the log at exit.
  process.prependListener('exit', onExit)

  let restored = false
  return () => {
    if (restored) return
    restored = true
    process.off('exit', onExit)
    Object.defineProperty(process, name, real)
    forgetConsoleStream(name)
    stream?.flush()
    if (stream !== undefined) stream.successor = () => process[name]
  }
}

/** The console keeps the stream that it printed to first; without one it asks again. */
function forgetConsoleStream(name: 'stdout' | 'stderr'): void {
  const console = globalThis.console as unknown as Record<string, unknown>
  console[`_${name}`] = undefined
}
