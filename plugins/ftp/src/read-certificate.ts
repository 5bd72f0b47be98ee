import { createSecureContext, type SecureContext } from 'node:tls'
import { certificateOptions, quoteStringArgument } from 'runnerd'

/**
 * Makes what TLS needs of a certificate and its key.
 *
 * @param key - the file of the certificate, if left out
 * @throws TLSFileError
 */
export function readCertificate(certificate: string, key: string = certificate): SecureContext {
  const [certKey, privateKey] = [certificate, key].map(quoteStringArgument)
  return createSecureContext(
    certificateOptions(`ssl:0:privateKey=${privateKey}:certKey=${certKey}`),
  )
}

/** What the first endpoint with TLS says; `undefined` if none has it. */
export function contextOfEndpoints(endpoints: readonly string[]): SecureContext | undefined {
  for (const endpoint of endpoints) {
    const options = certificateOptions(endpoint)
    if (options !== undefined) return createSecureContext(options)
  }
  return undefined
}
