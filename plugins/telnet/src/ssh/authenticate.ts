import { log } from 'runnerd'
import type { AuthContext, AuthenticationType, PublicKeyAuthContext } from 'ssh2'
import type { Attempt, LoginGate } from '../login-gate.ts'
import type { AuthorizedKey, AuthorizedKeys } from './authorized-keys.ts'
import { fingerprintOf } from './fingerprint.ts'

/** So many keys of its agent a client may try; ssh(1) has them all tried. */
const MOST_KEYS = 20

/** Who may log in, and how. */
export interface Authenticators {
  /** `undefined` if nobody may by password. */
  readonly gate: LoginGate | undefined
  /** `undefined` if nobody may by key. */
  readonly keys: AuthorizedKeys | undefined
  /** So many passwords a client may try. */
  readonly tries: number
}

/** The logins of one connection (RFC 4252). */
export class Authentication {
  /** By what somebody has logged in, for the log. */
  means = ''
  readonly #with: Authenticators
  readonly #methods: AuthenticationType[]
  readonly #signal: AbortSignal
  #passwords = 0
  #keys = 0

  constructor(authenticators: Authenticators, signal: AbortSignal) {
    this.#with = authenticators
    this.#signal = signal
    this.#methods = [
      ...(authenticators.keys === undefined ? [] : (['publickey'] as const)),
      ...(authenticators.gate === undefined ? [] : (['password'] as const)),
    ]
  }

  /** Answers one request. @returns whether to hear another, if it comes to that */
  async answer(context: AuthContext, attempt: Attempt): Promise<boolean> {
    if (await this.#mayEnter(context, attempt)) {
      context.accept()
      return true
    }
    context.reject(this.#methods)
    return this.#passwords < this.#with.tries && this.#keys < MOST_KEYS
  }

  async #mayEnter(context: AuthContext, attempt: Attempt): Promise<boolean> {
    const { gate, keys } = this.#with
    if (context.method === 'password' && gate !== undefined) {
      const refusal = await gate.refusal(attempt, context.password, this.#signal)
      if (refusal !== undefined) this.#passwords += 1
      this.means = 'password'
      return refusal === undefined
    }
    if (context.method === 'publickey' && keys !== undefined) {
      const key = await this.#findKey(keys, context, attempt)
      if (key !== undefined && isSigned(context, key)) {
        this.means = `key ${key.name}`
        return true
      }
      this.#keys += 1
      return false
    }
    return false
  }

  async #findKey(
    keys: AuthorizedKeys,
    { key }: PublicKeyAuthContext,
    { name, peer, system }: Attempt,
  ): Promise<AuthorizedKey | undefined> {
    const failed = (reason: string): void =>
      log.msg(`login of ${JSON.stringify(name)} from ${peer.name} failed: ${reason}`, { system })
    try {
      const found = await keys.find(key.data)
      if (found === undefined) failed(`unknown key ${fingerprintOf(key.data)}`)
      return found
    } catch (error) {
      // The file was changed, and can't be used any more.
      failed((error as Error).message)
      return undefined
    }
  }
}

/** Whether the client has the private key, or only asks whether it should show that. */
function isSigned(context: PublicKeyAuthContext, { key }: AuthorizedKey): boolean {
  const { signature, blob, hashAlgo } = context
  // SHA-1 is broken (RFC 9142).
  if (context.key.algo === 'ssh-dss' || (context.key.algo === 'ssh-rsa' && !hashAlgo)) return false
  if (signature === undefined || blob === undefined) return true
  return key.verify(blob, signature, hashAlgo) === true
}
