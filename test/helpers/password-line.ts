import { scryptSync } from 'node:crypto'

/** A line of a password file, whose hash takes next to nothing to check. */
export function passwordLine(name: string, password: string, ln = 1): string {
  const salt = Buffer.from('16 bytes of salt')
  const hash = scryptSync(password, salt, 32, { N: 2 ** ln, r: 1, p: 1 })
  const [first, second] = [salt, hash].map((bytes) => bytes.toString('base64').replace(/=+$/, ''))
  return `${name}:$scrypt$ln=${ln},r=1,p=1$${first}$${second}\n`
}
