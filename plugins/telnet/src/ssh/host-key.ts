import { randomBytes } from 'node:crypto'
import { link, unlink, writeFile } from 'node:fs/promises'
import { log } from 'runnerd'
import type { ParsedKey } from 'ssh2'
import { fingerprintOf } from './fingerprint.ts'
import { KeyFileError, Unusable } from './key-file-error.ts'
import type { SSH2 } from './load-ssh2.ts'
import { NOT_READABLE, readKeyFile } from './read-key-file.ts'

/**
 * The private key of this host, made and kept if there is none: clients know a host by it.
 *
 * @throws KeyFileError
 */
export async function hostKeyAt(path: string, { utils }: SSH2): Promise<ParsedKey> {
  const what = `the host key ${path}`
  const read = (): Promise<string | undefined> => readKeyFile(path, what, NOT_READABLE)
  // Another worker, or the process before a reload, may make it at the same time.
  const text = (await read()) ?? (await make(path, utils)) ?? (await read()) ?? ''
  const parsed: ParsedKey | ParsedKey[] | Error = utils.parseKey(text)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (key instanceof Error || !key?.isPrivateKey()) {
    const reason = key instanceof Error ? key.message : 'it is no private key'
    throw new KeyFileError(`use ${what}`, Unusable.INVALID, reason)
  }
  log.msg(`the host key is ${fingerprintOf(key.getPublicSSH())}, of: ${path}`, { system: 'SSH' })
  return key
}

/** @returns `undefined` if there is one meanwhile */
async function make(path: string, utils: SSH2['utils']): Promise<string | undefined> {
  const text = await new Promise<string>((resolve, reject) => {
    utils.generateKeyPair('ed25519', { comment: 'runner telnet' }, (error, keys) => {
      if (error === null) resolve(keys.private)
      else reject(error)
    })
  })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    const hint = 'it is made in a directory that this user may write in, or ssh-keygen makes it'
    throw new KeyFileError(`make the host key ${path}`, Unusable.UNMAKEABLE, error as Error, hint)
  } finally {
    await unlink(draft).catch(() => {})
  }
  log.msg(`made a host key: ${path}`, { system: 'SSH' })
  return text
}
