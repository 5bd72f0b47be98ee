import { PasswordFile, PasswordFileError } from '@runnerd/cred'
import { log } from '@runnerd/logging'
import { Service, type ServiceDescription } from '@runnerd/service'

/**
 * A service that has a {@link PasswordFile}: add it before the services that ask it. A
 * start fails if the file can't be used, or nobody is in it: a server that lets nobody in
 * looks like one that works. Users may all go while it runs.
 *
 * The file is read again when it changes. One that only root may read is read before
 * privileges are shed and never again, which the log says; one of the user that the
 * daemon runs as has no such limit. After a change of the root it is meant in there.
 *
 * @example
 * import { MultiService, PasswordService, TCPServer } from 'runnerd'
 *
 * const top = new MultiService()
 * const passwords = new PasswordService('users')
 * passwords.setServiceParent(top)
 * const server = new TCPServer(7000, async (socket) => {
 *   socket.end((await passwords.check('anna', 'what was sent')) ? 'welcome\n' : 'no\n')
 * })
 * server.setServiceParent(top)
 */
export class PasswordService extends Service {
  readonly #file: PasswordFile
  readonly #mayBeEmpty: boolean

  /**
   * @param path - the password file, as `runner passwd` makes it
   * @param options - `mayBeEmpty` for a server that people get into without it, too: that
   * nobody is in the file is a warning then
   */
  constructor(path: string, { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {}) {
    super()
    this.#file = new PasswordFile(path)
    this.#mayBeEmpty = mayBeEmpty
  }

  /** Which file it is, for `runner status`. */
  describe(): ServiceDescription {
    return { details: { 'password file': this.#file.path } }
  }

  /**
   * Whether the password is that of the user; see {@link PasswordFile.check}.
   *
   * @throws {@link PasswordFileError}, {@link TooManyChecksError}
   */
  async check(name: string, password: string): Promise<boolean> {
    return await this.#file.check(name, password)
  }

  override async privilegedStartService(): Promise<void> {
    await this.#file.readAhead()
  }

  override async checkPrivilegedStart(): Promise<void> {
    await this.#file.readAhead()
  }

  /** @throws {@link PasswordFileError} */
  override async checkStart(): Promise<void> {
    await this.#open()
  }

  /** @throws {@link PasswordFileError} */
  override async startService(): Promise<void> {
    super.startService()
    const { path } = this.#file
    await this.#open()
    log.msg(`loaded the passwords of: ${path}`)
    if (this.#file.canReadAgain) return
    log.warn(
      `cannot read ${path} again: permission denied, so a change of it is not seen, nor a reload possible`,
    )
  }

  async #open(): Promise<void> {
    await this.#file.open()
    if (!this.#file.hasUsers) this.#sayThatItIsEmpty()
  }

  /** @throws PasswordFileError */
  #sayThatItIsEmpty(): void {
    const { path } = this.#file
    const hint = `runner passwd ${path} NAME adds a user`
    const reason = 'there is no user in it'
    if (this.#mayBeEmpty) log.warn(`nobody can log in by password file ${path}: ${reason}`)
    else throw new PasswordFileError('ERR_PASSWORD_FILE_EMPTY', path, reason, { hint })
  }
}
