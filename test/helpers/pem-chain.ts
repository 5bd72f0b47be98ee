import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PEMFiles, pemFiles } from './pem-files.ts'

/** A certificate for localhost whose issuer is not the one that a client trusts. */
export interface PEMChain extends PEMFiles {
  /** That of its issuer. */
  readonly intermediate: string
  /** That of the issuer's issuer, whom clients trust. */
  readonly root: string
}

/** Makes them by openssl(1). */
export function pemChain(dir: string): PEMChain {
  const root = pemFiles(dir, 'root')
  const issuer = signed(dir, 'intermediate', root, 'basicConstraints=critical,CA:TRUE')
  const own = signed(dir, 'leaf', issuer, 'subjectAltName=DNS:localhost')
  return { ...own, intermediate: issuer.cert, root: root.cert }
}

function signed(dir: string, name: string, by: PEMFiles, extension: string): PEMFiles {
  const file = (kind: string): string => join(dir, `${name}.${kind}`)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' })
  }
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', ...kind, '-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('csr'))
  writeFileSync(file('ext'), `${extension}\n`)
  const issuer = ['-CA', by.cert, '-CAkey', by.key, '-CAcreateserial', '-days', '2']
  const where = ['-in', file('csr'), '-out', file('cert'), '-extfile', file('ext')]
  openssl('x509', '-req', ...issuer, ...where)
  return { key: file('key'), cert: file('cert') }
}
