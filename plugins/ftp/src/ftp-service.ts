import { isIPv4 } from 'node:net'
import type { SecureContext } from 'node:tls'
import {
  listenEndpoints,
  listenService,
  MultiService,
  PasswordService,
  type ServiceMetric,
  UsageError,
} from 'runnerd'
import { FTPFactory } from './ftp-factory.ts'
import type { FTPOptions } from './ftp-options.ts'
import { parsePortRange } from './port-range.ts'
import { contextOfEndpoints, readCertificate } from './read-certificate.ts'
import { Root } from './served-root.ts'

/**
 * Makes the service of the plugin.
 *
 * @throws UsageError, TLSFileError
 */
export function makeFTPService(options: FTPOptions): FTPService {
  const { passwordFile, anonymous, userAnonymous, passiveHost, passivePorts, requireTls } = options
  if (!anonymous && passwordFile === undefined) {
    throw new UsageError('cannot use --no-anonymous: nobody could log in without --password-file')
  }
  if (passiveHost !== undefined && !isIPv4(passiveHost)) {
    throw new UsageError(`cannot use --passive-host ${passiveHost}: it must be an IPv4 address`)
  }
  const tls = contextOf(options)
  if (requireTls && tls === undefined) {
    throw new UsageError('cannot use --require-tls: there is no TLS without --certificate')
  }
  const passwords =
    passwordFile === undefined
      ? undefined
      : new PasswordService(passwordFile, { mayBeEmpty: anonymous })
  const factory = new FTPFactory(new Root(options.root), {
    anonymous: anonymous ? [userAnonymous, 'ftp'] : [],
    anonymousWrite: options.anonymousWrite,
    write: options.write,
    check: passwords && ((name, password) => passwords.check(name, password)),
    passivePorts: passivePorts === undefined ? undefined : parsePortRange(passivePorts),
    passiveHost,
    tls,
    requireTLS: requireTls,
    timeout: options.timeout,
  })
  return new FTPService(factory, options, passwords)
}

/** The server with its passwords. */
class FTPService extends MultiService {
  readonly #factory: FTPFactory

  constructor(factory: FTPFactory, options: FTPOptions, passwords: PasswordService | undefined) {
    super()
    this.#factory = factory
    void passwords?.setServiceParent(this)
    // Checks the number, too. A session has a limit of its own: a control connection is
    // silent while a file is under way.
    const listening = listenService(options, factory.listener)
    const server =
      options.timeout === 0
        ? listening
        : listenService({ ...options, timeout: 0 }, factory.listener)
    void server.setServiceParent(this)
  }

  *metrics(): Generator<ServiceMetric> {
    const { sessions, transfers } = this.#factory
    yield {
      name: 'ftp_sessions',
      help: 'Control connections that there are.',
      type: 'gauge',
      value: sessions,
    }
    yield* transfers.metrics()
  }

  /** @throws the system's error if the root can't be served */
  override async checkStart(): Promise<void> {
    await this.#factory.root.open()
    await super.checkStart()
  }

  /** @throws the system's error if the root can't be served */
  override async startService(): Promise<void> {
    await this.#factory.root.open()
    await super.startService()
  }

  /** Says goodbye to every session, and stops. */
  override async stopService(): Promise<void> {
    this.#factory.closeSessions()
    await super.stopService()
  }
}

function contextOf(options: FTPOptions): SecureContext | undefined {
  const { certificate, key } = options
  if (certificate !== undefined) return readCertificate(certificate, key)
  // The data connections of a session that begins with TLS have what that has.
  return contextOfEndpoints(listenEndpoints(options))
}
