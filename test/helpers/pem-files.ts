import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Files with a private key and a certificate for localhost. */
export interface PEMFiles {
  readonly key: string
  readonly cert: string
}

/**
 * Makes a key and a certificate by openssl(1), which Debian and macOS have.
 *
 * @param name the certificate's, by which a client tells one from another
 */
export function pemFiles(dir: string, name = 'localhost'): PEMFiles {
  const files = { key: join(dir, `${name}-key.pem`), cert: join(dir, `${name}-cert.pem`) }
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const who = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost']
  const where = ['-keyout', files.key, '-out', files.cert, '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...who, ...where], { stdio: 'ignore' })
  return files
}
