import type { Socket } from 'node:net'
import {
  type ConnectionContext,
  type IService,
  listenService,
  MultiService,
  PasswordService,
  type ServiceMetric,
} from 'runnerd'
import { checkOptions, telnetEndpoints } from './check-options.ts'
import { Histories } from './histories.ts'
import { LoginGate } from './login-gate.ts'
import type { TelnetOptionValues } from './plugin-options.ts'
import { serveTelnet } from './serve-telnet.ts'
import { ServiceControl } from './service-control.ts'
import { ServiceTree } from './service-tree.ts'
import { Sessions, STOPS } from './sessions.ts'
import { loadSSH2, type SSH2 } from './ssh/load-ssh2.ts'
import { SSHService } from './ssh/ssh-service.ts'

/** Gives who logs in a REPL in this process, with the tree of services that it is in. */
export class TelnetService extends MultiService {
  readonly #sessions = new Sessions()

  /**
   * Makes one, with all that is loaded for it: before a change of the root.
   *
   * @param options - as the plugin has them
   * @param namespace - what else the sessions have by name
   * @throws UsageError
   */
  static async make(
    options: TelnetOptionValues,
    namespace: Readonly<Record<string, unknown>> = {},
  ): Promise<TelnetService> {
    checkOptions(options)
    const ssh2 = options.ssh === undefined ? undefined : await loadSSH2()
    return new TelnetService(options, namespace, ssh2)
  }

  private constructor(
    options: TelnetOptionValues,
    namespace: Readonly<Record<string, unknown>>,
    ssh2: SSH2 | undefined,
  ) {
    super()
    const tree = new ServiceTree(this)
    const shell = { tree, control: new ServiceControl(tree), histories: new Histories(), namespace }
    const { passwordFile } = options
    const listen = telnetEndpoints(options)
    // By a key people get in without it.
    const mayBeEmpty = listen.length === 0 && options.authorizedKeys !== undefined
    const passwords =
      passwordFile === undefined ? undefined : new PasswordService(passwordFile, { mayBeEmpty })
    const gate = passwords && new LoginGate((name, password) => passwords.check(name, password))
    if (passwords !== undefined) this.#add('passwords', passwords)
    const shared = { gate, sessions: this.#sessions, shell }
    if (gate !== undefined && listen.length > 0) {
      const terms = { ...shared, gate, login: options }
      const Telnet = (socket: Socket, context: ConnectionContext): Promise<void> =>
        serveTelnet(socket, context, terms)
      this.#add('telnet', listenService({ ...options, listen, port: undefined }, Telnet))
    }
    if (ssh2 !== undefined) this.#add('ssh', new SSHService(ssh2, options, shared))
  }

  metrics(): ServiceMetric[] {
    const help = 'Sessions that there are, over telnet and SSH.'
    return [{ name: 'telnet_sessions', help, type: 'gauge', value: this.#sessions.count }]
  }

  /** Tells every session that it is in the old process, and keeps it. */
  override async drain(): Promise<void> {
    this.#sessions.areSucceeded = true
    await super.drain()
  }

  /** Tells every session, and stops. */
  override async stopService(): Promise<void> {
    this.#sessions.end(STOPS)
    await super.stopService()
  }

  #add(name: string, service: IService): void {
    service.setName(name)
    void service.setServiceParent(this)
  }
}
