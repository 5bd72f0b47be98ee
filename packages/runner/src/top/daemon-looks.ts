import { attempt } from '../attempt.ts'
import { askDaemon, type Found, ownDaemons } from '../daemon-verbs/own-daemons.ts'
import type { VerbCall } from '../daemon-verbs/verb.ts'
import { readPidFile } from '../read-pid-file.ts'
import { faultOf, type Known } from './daemon-row.ts'

export const ATTEMPT = 'cannot show daemons'

/** After so long it is said of a daemon that it doesn't answer, in ms. */
const SOON = 5000

/** So long it is waited for all the same: the question is there when it comes to itself. */
const PATIENCE = 600_000

/**
 * Looks at all daemons of a user again and again, each at its own pace: none waits
 * for another, and none is asked again before it has answered.
 */
export class DaemonLooks {
  readonly #call: VerbCall
  readonly #heard: () => void
  readonly #known = new Map<string, Known>()
  /** Since when. */
  readonly #asked = new Map<string, number>()

  /** @param heard called whenever one has answered, or is gone */
  constructor(call: VerbCall, heard: () => void) {
    this.#call = call
    this.#heard = heard
  }

  /** What is known now. */
  all(): Known[] {
    const now = performance.now()
    return [...this.#known.values()].map((known) => {
      const isSilent = now - (this.#asked.get(known.pidfile) ?? now) >= SOON
      return isSilent ? { ...known, fault: 'no answer' } : known
    })
  }

  /** Asks all that are there by now and are not being asked. */
  look(): void {
    const entries = ownDaemons(this.#call)
    for (const pidfile of this.#known.keys()) {
      if (!entries.has(pidfile)) this.#known.delete(pidfile)
    }
    for (const [pidfile, sweep] of entries) {
      if (!this.#asked.has(pidfile)) void this.#ask(pidfile, sweep)
    }
  }

  async #ask(pidfile: string, sweep: () => void): Promise<void> {
    const pid = attempt(() => readPidFile(pidfile)?.pid)
    this.#known.set(pidfile, { ...this.#known.get(pidfile), pidfile, pid })
    this.#asked.set(pidfile, performance.now())
    const found = await askDaemon(pidfile, sweep, ATTEMPT, { patience: PATIENCE })
    this.#asked.delete(pidfile)
    const known = this.#known.get(pidfile)
    if (found === undefined) this.#known.delete(pidfile)
    else if (known !== undefined) this.#known.set(pidfile, after(known, found))
    this.#heard()
  }
}

/** What is known of a daemon, when it was asked once more. */
export function after(known: Known, found: Found): Known {
  if (!('status' in found)) return { ...known, pid: found.pid, fault: faultOf(found) }
  const { pidfile, status } = found
  const last = { status, at: performance.now() }
  const pid = Number.isInteger(status.pid) ? status.pid : known.pid
  return { pidfile, pid, last, before: known.last }
}
