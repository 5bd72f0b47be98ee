import type { Socket } from 'node:net'
import { type ConnectionContext, listenService, MultiService } from 'runnerd'
import type { LoginGate } from '../login-gate.ts'
import type { TelnetOptionValues } from '../plugin-options.ts'
import type { Shell } from '../repl-session.ts'
import type { Sessions } from '../sessions.ts'
import { AuthorizedKeys } from './authorized-keys.ts'
import { hostKeyAt } from './host-key.ts'
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

  /**
   * Reads the keys, as the user that the daemon runs as, and listens.
   *
   * @throws KeyFileError
   */
  override async startService(): Promise<void> {
    const { gate } = this.#shared
    const { authorizedKeys, sshHostKey, loginTries } = this.#options
    const ssh2 = this.#ssh2
    const hostKey = await hostKeyAt(sshHostKey, ssh2)
    const keys = authorizedKeys === undefined ? undefined : new AuthorizedKeys(authorizedKeys, ssh2)
    await keys?.read()
    const authenticators = { gate, keys, tries: loginTries }
    this.#terms = { ssh2, hostKey, authenticators, login: this.#options, ...this.#shared }
    await super.startService()
  }
}
