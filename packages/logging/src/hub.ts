import { EventBuffer } from './event-buffer.ts'
import type { LogEvent, LogLevel, LogObserver } from './log-event.ts'
import { textOf } from './text-of.ts'

/**
 * Where every event of the process passes. The copy of this package that is
 * loaded first makes it, all others use it: its shape is a contract between
 * versions, and a change of it needs a new key.
 *
 * @internal
 */
export interface Hub {
  /** The system of the innermost `withSystem` call that is running. */
  system: string
  emit(event: LogEvent): void
  addObserver(observer: LogObserver, wants?: LevelFilter): () => void
  /** Whether anybody wants events of a level. The hub of an older copy has no such thing. */
  wants?(level: LogLevel): boolean
}

/** Says whether an observer wants events of a level, each time anew. */
export type LevelFilter = (level: LogLevel) => boolean

interface Registration {
  readonly observer: LogObserver
  readonly wants: LevelFilter
  observing: boolean
  failed: boolean
}

const KEY = Symbol.for('runnerd.log/1')

const globals = globalThis as unknown as Record<symbol, Hub | undefined>

if (globals[KEY] === undefined) {
  Object.defineProperty(globalThis, KEY, { value: makeHub() })
}

export const hub: Hub = globals[KEY]!

function makeHub(): Hub {
  let registrations: readonly Registration[] = []
  let buffer: EventBuffer | undefined = new EventBuffer()

  // An observer is never entered twice: what it logs itself goes to the others only,
  // so one that prints to a captured stdout cannot call itself for ever.
  function deliver(to: Registration, event: LogEvent): void {
    if (to.observing || !to.wants(event.level)) return
    to.observing = true
    try {
      to.observer(event)
      to.failed = false
    } catch (error) {
      reportFailure(to, error)
    } finally {
      to.observing = false
    }
  }

  function reportFailure(of: Registration, error: unknown): void {
    // Said once until it works again: a log full of this would hide the rest.
    if (of.failed) return
    of.failed = true
    const text = `A log observer failed\n${textOf(error)}`
    emit({ time: Date.now(), level: 'critical', system: '-', text })
  }

  function emit(event: LogEvent): void {
    if (buffer !== undefined) buffer.add(event)
    else for (const registration of registrations) deliver(registration, event)
  }

  function wants(level: LogLevel): boolean {
    // What is kept for a first observer is kept whole: who knows what that one wants.
    return buffer !== undefined || registrations.some((registration) => registration.wants(level))
  }

  function addObserver(observer: LogObserver, wants: LevelFilter = all): () => void {
    const registration: Registration = { observer, wants, observing: false, failed: false }
    const early = buffer
    buffer = undefined
    registrations = [...registrations, registration]
    if (early !== undefined) for (const event of early.replay()) deliver(registration, event)
    return () => {
      registrations = registrations.filter((other) => other !== registration)
    }
  }

  return { system: '-', emit, addObserver, wants }
}

function all(): boolean {
  return true
}

/**
 * Has an observer called with every event from now on.
 *
 * Events logged before there was any observer are kept, the newest 65,536 of
 * them, and the first observer gets them at once and in order. An observer that
 * throws disturbs neither the caller nor the other observers, which are told of
 * it once. What an observer logs itself reaches the others, never itself.
 *
 * @param wants the levels that it is called for, all if left out; what nobody
 * wants isn't even made a text of
 * @returns a function that ends the observation
 */
export function addObserver(observer: LogObserver, wants?: LevelFilter): () => void {
  return hub.addObserver(observer, wants)
}
