import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import type { ClientPlace } from './client-place.ts'
import { TLSFileError } from './tls-file-error.ts'
import { readTLSFiles } from './tls-files.ts'

/**
 * What a client with TLS connects with. The files are read now, so that what is wrong
 * with them is known before anything is begun, and that who has shed his privileges
 * needs them no more.
 *
 * @throws TLSFileError
 *
 * @internal
 */
export function clientTLSOptions({
  hostname,
  certificate,
  privateKey = certificate,
  trustRoots,
}: ClientPlace & { kind: 'tls' }): ConnectionOptions {
  return {
    host: hostname,
    ...(trustRoots === undefined ? {} : { ca: trustedIn(trustRoots) }),
    ...(privateKey === undefined ? {} : readTLSFiles({ privateKey, certKey: certificate })),
  }
}

const WHAT = 'the trusted certificates'
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

function trustedIn(path: string): string[] {
  const found = attempt(path, () =>
    statSync(path).isDirectory() ? certificatesUnder(path) : certificatesIn(path),
  )
  // It would trust nobody, and find that out with each connection.
  if (found.length === 0)
    throw new TLSFileError('use', WHAT, path, 'it holds no certificate in PEM')
  return found
}

/** As in Twisted, what is there besides good certificates is passed over. */
function certificatesUnder(dir: string): string[] {
  const files = readdirSync(dir).filter((name) => /\.pem$/i.test(name))
  return files.sort().flatMap((name) => {
    try {
      return certificatesIn(join(dir, name))
    } catch {
      return []
    }
  })
}

function certificatesIn(path: string): string[] {
  const found = readFileSync(path, 'utf8').match(CERTIFICATE) ?? []
  return found.filter(isCertificate)
}

function isCertificate(pem: string): boolean {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  try {
    return new X509Certificate(pem) !== undefined
  } catch {
    return false
  }
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new TLSFileError('read', WHAT, path, undefined, error as Error)
  }
}
