import type { ParsedKey } from 'ssh2'
import { fingerprintOf } from './fingerprint.ts'
import { KeyFileError, Unusable } from './key-file-error.ts'
import type { SSH2 } from './load-ssh2.ts'
import { NOT_WRITABLE, readKeyFile } from './read-key-file.ts'

/** A key that may log in. */
export interface AuthorizedKey {
  readonly key: ParsedKey
  /** For people: its fingerprint, and its comment. */
  readonly name: string
}

/** A file of public keys as OpenSSH's `authorized_keys`, see sshd(8). */
export class AuthorizedKeys {
  readonly #path: string
  readonly #parseKey: SSH2['utils']['parseKey']

  constructor(path: string, { utils }: SSH2) {
    this.#path = path
    this.#parseKey = utils.parseKey
  }

  /**
   * Reads the file: at each login, so that who was removed is out.
   *
   * @throws KeyFileError
   */
  async read(): Promise<readonly AuthorizedKey[]> {
    const path = this.#path
    const text = await readKeyFile(path, `the keys of ${path}`, NOT_WRITABLE)
    if (text === undefined) {
      throw new KeyFileError(`use the keys of ${path}`, Unusable.UNREADABLE, 'no such file')
    }
    return text
      .split(/\r?\n/)
      .map((line, at) => ({ line: line.trim(), at: at + 1 }))
      .filter(({ line }) => line !== '' && !line.startsWith('#'))
      .map(({ line, at }) => this.#keyIn(line, at))
  }

  /** The key of these bytes, if it may log in. @throws KeyFileError */
  async find(bytes: Buffer): Promise<AuthorizedKey | undefined> {
    return (await this.read()).find(({ key }) => key.getPublicSSH().equals(bytes))
  }

  #keyIn(line: string, at: number): AuthorizedKey {
    const [, type, rest] = /^((?:ssh|ecdsa|sk)-[\w@.-]+)[ \t]+(.*)$/.exec(line) ?? []
    // One that is to do less than log in must not do more.
    if (type === undefined) {
      throw this.#invalid(`line ${at} doesn't begin with a key's type; options are not supported`)
    }
    if (type.startsWith('sk-')) {
      throw this.#invalid(`line ${at} is of a security key, which is not supported`)
    }
    const key: ParsedKey | Error = this.#parseKey(`${type} ${rest}`)
    if (key instanceof Error || key.isPrivateKey()) throw this.#invalid(`line ${at} is no key`)
    const fingerprint = fingerprintOf(key.getPublicSSH())
    return { key, name: key.comment ? `${fingerprint} (${key.comment})` : fingerprint }
  }

  #invalid(reason: string): KeyFileError {
    return new KeyFileError(`use the keys of ${this.#path}`, Unusable.INVALID, reason)
  }
}
