import { createHash } from 'node:crypto'

/** What OpenSSH shows a key as. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}
