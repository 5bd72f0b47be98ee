import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UNIXDatagramServer } from 'runnerd'
import { isOfGroup } from './group-members.ts'
import { removeStaleSockets } from './stale-sockets.ts'

/** What a command says of itself. */
export interface Notice {
  readonly isReady: boolean
  /** What it does, in its own words. */
  readonly status: string | undefined
}

/**
 * The `NOTIFY_SOCKET` of one command: what it says there by sd_notify(3).
 *
 * @see https://www.freedesktop.org/software/systemd/man/sd_notify.html
 */
export class NotifySocket {
  #dir: string | undefined
  #server: UNIXDatagramServer | undefined

  /**
   * Opens it.
   *
   * @param group - the process group of the command: where the system tells who speaks,
   * nobody else is listened to
   * @returns its path
   * @throws what the start of a `UNIXDatagramServer` throws
   */
  async open(group: () => number | undefined, heard: (notice: Notice) => void): Promise<string> {
    await removeStaleSockets(tmpdir())
    this.#dir = mkdtempSync(join(tmpdir(), 'procmon-'))
    // A command may run as another user than this.
    chmodSync(this.#dir, 0o711)
    const path = join(this.#dir, 'notify')
    // In no tree: it has to receive before the start of that is over.
    this.#server = new UNIXDatagramServer(path, function notify(data, { credentials }) {
      const of = group()
      if (of === undefined) return
      if (credentials === undefined || isOfGroup(of, credentials)) heard(noticeIn(String(data)))
    })
    await this.#server.startService()
    return path
  }

  async close(): Promise<void> {
    await this.#server?.stopService()
    this.#server = undefined
    if (this.#dir !== undefined) rmSync(this.#dir, { recursive: true, force: true })
    this.#dir = undefined
  }
}

/** What it says that nobody here asks for, such as `MAINPID=`, is passed over. */
export function noticeIn(text: string): Notice {
  const lines = text.split('\n')
  const status = lines.findLast((line) => line.startsWith('STATUS='))
  return { isReady: lines.includes('READY=1'), status: status?.slice('STATUS='.length) }
}
