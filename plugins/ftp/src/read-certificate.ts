import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { quoteStringArgument, serverFromString } from 'runnerd'

/**
 * Makes what TLS needs of a certificate and its key.
 *
 * @param key - the file of the certificate, if left out
 * @throws TLSFileError
 */
export function readCertificate(certificate: string, key: string = certificate): SecureContext {
  const [certKey, privateKey] = [certificate, key].map(quoteStringArgument)
  // An endpoint finds out what is wrong with them, and binds nothing.
  serverFromString(`ssl:0:privateKey=${privateKey}:certKey=${certKey}`)
  return createSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) })
}

/** The files that an endpoint string with TLS names; `undefined` for any other string. */
export function certificateOf(endpoint: string): { certificate: string; key: string } | undefined {
  if (!/^(?:ssl|tls):/.test(endpoint)) return undefined
  const words = endpoint.match(/(?:\\[\s\S]|[^\\:])+/g) ?? []
  const named = (name: string): string | undefined =>
    words
      .find((word) => word.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replace(/\\([\s\S])/g, '$1')
  const key = named('privateKey') ?? 'server.pem'
  return { key, certificate: named('certKey') ?? key }
}
