import { CapturedStream } from './captured-stream.ts'
import { hub } from './hub.ts'
import type { LogLevel } from './log-event.ts'

/**
 * Logs each line that is printed, by `console` too: with the system
 * `stdout#info` and the level `info`, or with `stderr#error` and `error`.
 *
 * What has no newline yet is kept, and logged at exit, when the capture ends or by
 * `flushStdio`.
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

/**
 * Calls `fn`, and lets what it prints before it returns go where it would go without
 * the capture.
 */
export function uncaptured<T>(fn: () => T): T {
  const captured = [...captures].map(([name, real]) => {
    const descriptor = Object.getOwnPropertyDescriptor(process, name)!
    show(name, real)
    return [name, descriptor] as const
  })
  try {
    return fn()
  } finally {
    for (const [name, descriptor] of captured) show(name, descriptor)
  }
}

type Name = 'stdout' | 'stderr'

/** What is captured, and what stands there otherwise. */
const captures = new Map<Name, PropertyDescriptor>()

/** What hands on what each captured stream has kept. */
const flushes = new Map<Name, () => void>()

/**
 * Logs what was printed and has no newline yet, as it is to be done before the log is
 * closed; the capture goes on. Does nothing where nothing is captured.
 */
export function flushStdio(): void {
  for (const flush of flushes.values()) flush()
}

/** Puts a stream in its place. The console keeps the one that it printed to first, else asks again. */
function show(name: Name, descriptor: PropertyDescriptor): void {
  Object.defineProperty(process, name, descriptor)
  const console = globalThis.console as unknown as Record<string, unknown>
  console[`_${name}`] = undefined
}

function capture(name: Name, fd: number, level: LogLevel): () => void {
  const system = `${name}#${level}`
  const real = Object.getOwnPropertyDescriptor(process, name)!
  let stream: CapturedStream | undefined
  const make = (): CapturedStream =>
    new CapturedStream(fd, (text) => hub.emit({ time: Date.now(), level, system, text }))

  show(name, {
    configurable: true,
    enumerable: true,
    get: () => {
      stream ??= make()
      return stream
    },
  })
  captures.set(name, real)
  flushes.set(name, () => stream?.flush())

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
    captures.delete(name)
    flushes.delete(name)
    show(name, real)
    stream?.flush()
    if (stream !== undefined) stream.successor = () => process[name]
  }
}
