import type { SecureContextOptions } from 'node:tls'
import { splitEndpoint } from './endpoint-string.ts'
import { serverPlaceOf } from './server-place.ts'
import { absolute, readTLSFiles } from './tls-files.ts'

/**
 * What an endpoint string says of TLS, as `tls.createSecureContext` takes it: for a
 * protocol that has TLS on connections besides those of the endpoint, or begins it later,
 * as STARTTLS of SMTP does. The files are read now.
 *
 * @param description - an endpoint string for a server
 * @returns `undefined` if it is not `ssl:` or `tls:`
 * @throws what {@link serverFromString} throws
 *
 * @see Twisted's `twisted.internet.ssl.CertificateOptions`
 *
 * @example
 * import { createSecureContext } from 'node:tls'
 * import { certificateOptions } from 'runnerd'
 *
 * const options = certificateOptions('tcp:2121')
 * export const context = options && createSecureContext(options)
 */
export function certificateOptions(description: string): SecureContextOptions | undefined {
  const place = serverPlaceOf(description, splitEndpoint(description))
  if (place?.kind !== 'tcp' || place.tls === undefined) return undefined
  return readTLSFiles(absolute(place.tls))
}
