import { randomBytes } from 'node:crypto'
import { access, constants, link, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
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
  // Another worker, or the process before a reload, may make it at the same time.
  const text = (await read(path)) ?? (await make(path, utils)) ?? (await read(path)) ?? ''
  const key = parse(text, path, utils)
  log.msg(`the host key is ${fingerprintOf(key.getPublicSSH())}, of: ${path}`, { system: 'SSH' })
  return key
}

/**
 * Looks whether it could be had, and makes none.
 *
 * @throws KeyFileError
 */
export async function checkHostKey(path: string, { utils }: SSH2): Promise<void> {
  const text = await read(path)
  if (text !== undefined) return void parse(text, path, utils)
  try {
    // With the dot it is a directory or an error.
    await access(`${dirname(path)}/.`, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unmakeable(path, error)
  }
}

/** @returns `undefined` if there is none */
async function read(path: string): Promise<string | undefined> {
  return await readKeyFile(path, `the host key ${path}`, NOT_READABLE)
}

function parse(text: string, path: string, utils: SSH2['utils']): ParsedKey {
  const parsed: ParsedKey | ParsedKey[] | Error = utils.parseKey(text)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (key !== undefined && !(key instanceof Error) && key.isPrivateKey()) return key
  const reason = key instanceof Error ? key.message : 'it is no private key'
  throw new KeyFileError(`use the host key ${path}`, Unusable.INVALID, reason)
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
    throw unmakeable(path, error)
  } finally {
    await unlink(draft).catch(() => {})
  }
  log.msg(`made a host key: ${path}`, { system: 'SSH' })
  return text
}

function unmakeable(path: string, error: unknown): KeyFileError {
  const hint = 'it is made in a directory that this user may write in, or ssh-keygen makes it'
  return new KeyFileError(`make the host key ${path}`, Unusable.UNMAKEABLE, error as Error, hint)
}
