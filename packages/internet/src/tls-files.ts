import type { KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { log } from '@runnerd/logging'
import { NEEDS_PASSPHRASE, TLSFileError } from './tls-file-error.ts'

/** The files that TLS needs, in PEM, and what else an endpoint string says of it. @internal */
export interface TLSFiles {
  readonly privateKey: string
  /** The same file if it is left out. */
  readonly certKey?: string | undefined
  readonly extraCertChain?: string | undefined
  readonly dhParameters?: string | undefined
  /** The only version of TLS to speak. */
  readonly version?: 'TLSv1.2' | 'TLSv1.3' | undefined
}

/** The same files, meant from the working directory that there is now. @internal */
export function absolute({ version, ...files }: TLSFiles): TLSFiles {
  const paths = Object.entries(files).map(([name, path]) => [name, path && resolve(path)])
  return { ...Object.fromEntries(paths), version }
}

/**
 * Reads the files, and finds out now what would be found out when somebody connects.
 *
 * @throws TLSFileError
 *
 * @internal
 */
export function readTLSFiles(files: TLSFiles): SecureContextOptions {
  const { privateKey, certKey = privateKey, extraCertChain, dhParameters, version } = files
  // Who names a certificate as the key's file too has spoken of no other file.
  const key = read(files.certKey === privateKey ? 'the certificate' : 'the private key', privateKey)
  const cert = read('the certificate', certKey)
  const chain = extraCertChain && read('the certificate chain', extraCertChain)
  const dh = dhParameters && read(DH, dhParameters)
  // OpenSSL leaves out what is none without a word.
  if (dhParameters && !dh?.includes('BEGIN DH PARAMETERS')) {
    throw new TLSFileError('use', DH, dhParameters, 'it holds none in PEM')
  }
  const options: SecureContextOptions = {
    key,
    cert: chain ? `${cert}\n${chain}` : cert,
    ...(dh ? { dhparam: dh } : {}),
    ...(version ? { minVersion: version, maxVersion: version } : {}),
  }
  const secret = privateKeyIn(privateKey, key)
  const own = certificateIn('the certificate', certKey, cert)
  if (!own.checkPrivateKey(secret)) {
    throw new TLSFileError('use', 'the certificate', certKey, `${privateKey} is the key of another`)
  }
  if (extraCertChain && chain) certificateIn('the certificate chain', extraCertChain, chain)
  tryOut(options, dhParameters ?? certKey)
  warnOfDates(certKey, own)
  return options
}

const DH = 'the Diffie-Hellman parameters'

function read(what: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new TLSFileError('read', what, path, undefined, error as NodeJS.ErrnoException)
  }
}

function privateKeyIn(path: string, pem: string): KeyObject {
  const what = 'the private key'
  try {
    return process.getBuiltinModule('node:crypto').createPrivateKey(pem)
  } catch (error) {
    const reason = /\bENCRYPTED\b/.test(pem) ? NEEDS_PASSPHRASE : 'it holds no private key in PEM'
    throw new TLSFileError('use', what, path, reason, error as Error)
  }
}

function certificateIn(what: string, path: string, pem: string): X509Certificate {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw new TLSFileError('use', what, path, 'it holds no certificate in PEM', error as Error)
  }
}

/** What OpenSSL says of all of it together: of a key that is too short, for one. */
function tryOut(options: SecureContextOptions, path: string): void {
  const what = options.dhparam ? DH : 'the certificate'
  try {
    process.getBuiltinModule('node:tls').createSecureContext(options)
  } catch (error) {
    const { reason, message } = error as Error & { reason?: string }
    throw new TLSFileError('use', what, path, reason ?? message, error as Error)
  }
}

function warnOfDates(path: string, { validFrom, validTo }: X509Certificate): void {
  const now = Date.now()
  if (Date.parse(validTo) < now) log.warn(`The certificate ${path} has expired: ${validTo}`)
  if (Date.parse(validFrom) > now)
    log.warn(`The certificate ${path} is not valid yet: ${validFrom}`)
}
