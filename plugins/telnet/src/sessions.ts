/** Whoever is connected. */
export interface Guest {
  /** Says why, and hangs up. */
  leave(reason: string): void
}

/** All that are connected, over telnet and SSH. */
export class Sessions {
  readonly #guests = new Set<Guest>()
  /** Whether another process serves from now on, and what is here may stay for a while. */
  areSucceeded = false

  /** How many. */
  get count(): number {
    return this.#guests.size
  }

  add(guest: Guest): void {
    this.#guests.add(guest)
  }

  delete(guest: Guest): void {
    this.#guests.delete(guest)
  }

  /** Hangs up on everybody. */
  end(reason: string): void {
    for (const guest of this.#guests) guest.leave(reason)
    this.#guests.clear()
  }
}

/** What everybody is told at a stop, of the whole or of what has their session. */
export const STOPS = 'The service stops: goodbye'

/** What who has a session is told when a reload has put another process in this one's place. */
export const SUCCEEDED =
  'A new process serves from now on: this session is in the old one, which ends soon. Log in again to be in the new one.'
