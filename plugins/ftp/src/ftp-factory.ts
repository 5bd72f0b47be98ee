import { type ConnectionListener, LoginFailures } from 'runnerd'
import type { FTPSettings } from './ftp-settings.ts'
import type { Root } from './served-root.ts'
import { Session } from './session.ts'
import { TransferCounts } from './transfer-counts.ts'

/**
 * Makes a session of each connection.
 *
 * @see Twisted's `twisted.protocols.ftp.FTPFactory`
 */
export class FTPFactory {
  readonly root: Root
  readonly settings: FTPSettings
  /** Who has failed to log in, at any of its sessions. */
  readonly failures: LoginFailures = new LoginFailures()
  /** What a server is to be given. */
  readonly listener: ConnectionListener
  /** What they have moved. */
  readonly transfers: TransferCounts = new TransferCounts()
  readonly #sessions = new Set<Session>()

  /** @param root - to be opened before the first session */
  constructor(root: Root, settings: FTPSettings) {
    this.root = root
    this.settings = settings
    // The name is the one in the log.
    this.listener = function ftp(socket, context) {
      const session = new Session(socket, self, context.draining)
      self.#sessions.add(session)
      socket.on('close', () => self.#sessions.delete(session))
    }
    const self = this
  }

  /** How many sessions there are. */
  get sessions(): number {
    return this.#sessions.size
  }

  /** Ends every session with a word; a transfer under way is cut. */
  closeSessions(): void {
    for (const session of this.#sessions) session.close(421, 'Service closing control connection.')
  }
}
