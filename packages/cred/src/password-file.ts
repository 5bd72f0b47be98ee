import { inTurn } from './check-turns.ts'
import type { PasswordFileError } from './errors.ts'
import { KeyedDigest } from './keyed-digest.ts'
import { parseLines, type Users } from './password-lines.ts'
import { readSafely, versionAt } from './read-safely.ts'
import { RecentChecks } from './recent-checks.ts'
import { COST, decoy, formatHash, matches, type ScryptHash } from './scrypt-hash.ts'

/** What the file said when it was read. */
interface Content {
  readonly version: string
  readonly users: Users
}

/**
 * A file of users and hashes of their passwords, as `runner passwd FILE NAME` makes
 * it: lines `name:$scrypt$ln=15,r=8,p=3$salt$hash`. It is read again when it has
 * changed, so that who was removed is out at the next check.
 *
 * It is not used if anybody but its owner may read or write it, if the owner is
 * neither root nor the user that the process runs as, or if there is anything in it
 * but such lines, comments and empty lines; what fails is a check as well as `open`.
 *
 * @see Twisted's `twisted.cred.checkers.FilePasswordDB`
 *
 * @example
 * import { PasswordFile, TCPServer } from 'runnerd'
 *
 * const passwords = await PasswordFile.open('users')
 * export const server = new TCPServer(7000, async (socket) => {
 *   const isAnna = await passwords.check('anna', 'the word that was sent')
 *   socket.end(isAnna ? 'welcome\n' : 'no\n')
 * })
 */
export class PasswordFile {
  /** Which file it is. */
  readonly path: string
  readonly #digest = new KeyedDigest()
  readonly #recent = new RecentChecks()
  #content: Content | undefined
  #canReadAgain = true

  /** @param path - which file; it is not looked at before `open` */
  constructor(path: string) {
    this.path = path
  }

  /**
   * Opens a password file.
   *
   * @throws {@link PasswordFileError} if it can't be used
   */
  static async open(path: string): Promise<PasswordFile> {
    const file = new PasswordFile(path)
    await file.open()
    return file
  }

  /**
   * False after a process that was root when it called `readAhead` may not read the
   * file as the user that it is now: what it read then is used for good.
   */
  get canReadAgain(): boolean {
    return this.#canReadAgain
  }

  /** Whether anybody is in the file, as it was read last. */
  get hasUsers(): boolean {
    return this.#content !== undefined && this.#content.users.size > 0
  }

  /**
   * Reads the file while the process may, for a service that calls it in
   * `privilegedStartService` and `open` in `startService`, when privileges are shed.
   * What is wrong is left for `open` to find.
   */
  async readAhead(): Promise<void> {
    await this.#read().catch(() => {})
  }

  /**
   * Reads the file, and again when called again. Not needed for `check`, which reads it
   * where nobody has: it is for finding out before somebody wants to log in.
   *
   * @throws {@link PasswordFileError} if it can't be used
   */
  async open(): Promise<void> {
    try {
      await this.#read()
    } catch (error) {
      if (this.#content === undefined || !isDenied(error)) throw error
      this.#canReadAgain = false
    }
  }

  /**
   * Checks a password. It takes as long for a name that isn't there as for one that
   * is, and never holds up the event loop. Of one process two passwords are checked at
   * a time, and some more wait. The same name and password are not worked out again
   * while they are being checked, nor for a minute after they were right, unless the
   * user's line has changed.
   *
   * @returns whether the password is that of the user `name`
   * @throws {@link PasswordFileError} if the file can't be used any more;
   * {@link TooManyChecksError} if too many passwords are being checked
   */
  async check(name: string, password: string): Promise<boolean> {
    const { users } = await this.#current()
    const known = users.get(name)
    // All that the answer depends on.
    const which = await this.#digest.of(known ? formatHash(known) : '', name, password)
    return await this.#recent.answer(which.toString('base64'), async () => {
      const hash = known ?? (await this.#stranger(users, name))
      const isSame = await inTurn(() => matches(hash, password))
      return isSame && known !== undefined && password !== ''
    })
  }

  /** A hash for a name that isn't there, with the cost of one that is: always the same one's. */
  async #stranger(users: Users, name: string): Promise<ScryptHash> {
    const costs = [...users.values()]
    const digest = await this.#digest.of(name)
    return await decoy(costs[digest.readUInt32BE() % costs.length] ?? COST)
  }

  async #current(): Promise<Content> {
    const content = this.#content
    if (content === undefined) return await this.#read()
    try {
      return content.version === (await versionAt(this.path)) ? content : await this.#read()
    } catch (error) {
      if (this.#canReadAgain || !isDenied(error)) throw error
      return content
    }
  }

  async #read(): Promise<Content> {
    const { text, version } = await readSafely(this.path)
    const content = { version, users: parseLines(text, this.path) }
    this.#content = content
    this.#canReadAgain = true
    return content
  }
}

/** Whether the process may not read it: what it read when it was root is what there is. */
function isDenied(error: unknown): boolean {
  const { code, cause } = error as PasswordFileError
  return (
    code === 'ERR_PASSWORD_FILE_UNREADABLE' &&
    ['EACCES', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '')
  )
}
