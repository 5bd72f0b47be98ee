import type { Socket } from 'node:net'
import { type ConnectionContext, listenService, log, MultiService } from 'runnerd'
import type { LoginGate } from '../login-gate.ts'
import type { TelnetOptionValues } from '../plugin-options.ts'
import type { Shell } from '../repl-session.ts'
import type { Sessions } from '../sessions.ts'
import { AuthorizedKeys } from './authorized-keys.ts'
import { checkHostKey, hostKeyAt } from './host-key.ts'
import { KeyFileError, Unusable } from './key-file-error.ts'
import type { SSH2 } from './load-ssh2.ts'
import { type SSHTerms, serveSSH } from './serve-ssh.ts'

/** What it has in common with telnet. */
export interface SharedTerms {
  /** `undefined` without a password file. */
  readonly gate: LoginGate | undefined
  readonly sessions: Sessions
  readonly shell: Shell
}

/** Listens for SSH. */
export class SSHService extends MultiService {
  readonly #ssh2: SSH2
  readonly #options: TelnetOptionValues
  readonly #shared: SharedTerms
  #terms: SSHTerms | undefined

  constructor(ssh2: SSH2, options: TelnetOptionValues, shared: SharedTerms) {
    super()
    this.#ssh2 = ssh2
    this.#options = options
    this.#shared = shared
    const SSH = (socket: Socket, context: ConnectionContext): void =>
      serveSSH(socket, context, this.#terms as SSHTerms)
    void listenService({ ...options, listen: options.ssh, port: undefined }, SSH).setServiceParent(
      this,
    )
  }

  /** @throws KeyFileError */
  override async checkStart(): Promise<void> {
    await checkHostKey(this.#options.sshHostKey, this.#ssh2)
    await this.#keys()
    await super.checkStart()
  }

  /**
   * Reads the keys, as the user that the daemon runs as, and listens.
   *
   * @throws KeyFileError
   */
  override async startService(): Promise<void> {
    const { gate } = this.#shared
    const { sshHostKey, loginTries } = this.#options
    const ssh2 = this.#ssh2
    const hostKey = await hostKeyAt(sshHostKey, ssh2)
    const keys = await this.#keys()
    const authenticators = { gate, keys, tries: loginTries }
    this.#terms = { ssh2, hostKey, authenticators, login: this.#options, ...this.#shared }
    await super.startService()
  }

  /** @returns `undefined` if nobody is to log in by a key */
  async #keys(): Promise<AuthorizedKeys | undefined> {
    const { authorizedKeys } = this.#options
    if (authorizedKeys === undefined) return undefined
    const keys = new AuthorizedKeys(authorizedKeys, this.#ssh2)
    const hasPasswords = this.#shared.gate !== undefined
    if ((await keys.read()).length === 0) sayThatThereAreNone(authorizedKeys, hasPasswords)
    return keys
  }
}

/** @throws KeyFileError if nobody could log in */
function sayThatThereAreNone(path: string, hasPasswords: boolean): void {
  const reason = 'there is no key in it'
  if (hasPasswords) log.warn(`nobody can log in by the keys of ${path}: ${reason}`)
  else throw new KeyFileError(`use the keys of ${path}`, Unusable.INVALID, reason, HINT)
}

const HINT = 'each line of it is a public key, as ssh-keygen writes it into a .pub file'
