import type { REPLServer } from 'node:repl'

/** So many lines a user's history has. */
const SIZE = 1000

/** So many users have one; who was here longest ago goes. */
const MOST_USERS = 100

/** The lines of one user, the newest first. */
export interface History {
  readonly size: number
  /** Gives a session what was typed in those before it. */
  give(server: REPLServer): void
  /** Keeps what was typed in a session. */
  take(server: REPLServer): void
}

/** What users have typed in sessions that are over. It is in memory only: it may be secret. */
export class Histories {
  readonly #lines = new Map<string, readonly string[]>()

  of(user: string): History {
    const lines = this.#lines
    return {
      size: SIZE,
      give(server) {
        ;(server as WithHistory).history = [...(lines.get(user) ?? [])]
      },
      take(server) {
        const typed = (server as WithHistory).history ?? []
        lines.delete(user)
        lines.set(user, typed.slice(0, SIZE))
        const [oldest = ''] = lines.keys()
        if (lines.size > MOST_USERS) lines.delete(oldest)
      },
    }
  }
}

/** Node documents it in the events of readline only. */
type WithHistory = REPLServer & { history?: string[] }
