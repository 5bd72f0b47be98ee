/** A hash of a password by scrypt, RFC 7914, with all that it takes to make it again. */
export interface ScryptHash {
  /** The logarithm to base 2 of N, the cost. */
  readonly ln: number
  /** The size of a block. */
  readonly r: number
  /** How often all is done, one after the other. */
  readonly p: number
  readonly salt: Buffer
  readonly hash: Buffer
}

/** What a hash costs: `ln`, `r` and `p` of scrypt. */
export type ScryptCost = Pick<ScryptHash, 'ln' | 'r' | 'p'>

/** One of OWASP's equals: 32 MiB, and a fifth of a second of a processor of today. */
export const COST: ScryptCost = { ln: 15, r: 8, p: 3 }

const SALT_BYTES = 16
const HASH_BYTES = 32

/** The most memory that one check may take, in bytes: what OWASP's largest takes. */
const MOST_MEMORY = 128 * 2 ** 20

/** The most work, in the same unit as memory: four times that of OWASP's largest. */
const MOST_WORK = 4 * MOST_MEMORY

// 1 to 99 for each, 8 to 64 bytes of salt, 16 to 64 of hash: 4 characters are 3 bytes.
const PHC =
  /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/**
 * Reads a hash in PHC string form, `$scrypt$ln=15,r=8,p=3$salt$hash`, in base64
 * without padding.
 *
 * @returns what it says; else why it is none, or none that may be checked: a line
 * that somebody planted could take all memory, or a processor for hours
 */
export function parseHash(text: string): ScryptHash | 'no hash' | 'not scrypt' | 'too costly' {
  const parts = PHC.exec(text)
  if (parts === null) return /^\$[a-z0-9-]{1,32}\$/.test(text) ? 'not scrypt' : 'no hash'
  const [ln = 0, r = 0, p = 0] = parts.slice(1, 4).map(Number)
  const memory = 128 * r * 2 ** ln
  if (memory > MOST_MEMORY || memory * p > MOST_WORK) return 'too costly'
  const [salt, hash] = parts.slice(4).map((part) => Buffer.from(part, 'base64'))
  const known = { ln, r, p, salt: salt as Buffer, hash: hash as Buffer }
  // N is less than 2 to the power of 16 r; and no bits of base64 are left over.
  return ln < 16 * r && formatHash(known) === text ? known : 'not scrypt'
}

/** Writes a hash in PHC string form. */
export function formatHash({ ln, r, p, salt, hash }: ScryptHash): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`
}

/**
 * Hashes a new password, off the event loop.
 *
 * @returns it in PHC string form
 */
export async function hashPassword(password: string): Promise<string> {
  const { randomBytes } = await import('node:crypto')
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, { ...COST, salt, hash: Buffer.alloc(HASH_BYTES) })
  return formatHash({ ...COST, salt, hash })
}

/** Whether it is the hash of the password; as long for one as for another. */
export async function matches(known: ScryptHash, password: string): Promise<boolean> {
  const { timingSafeEqual } = await import('node:crypto')
  return timingSafeEqual(await derive(password, known), known.hash)
}

/** A hash that no password has, which costs what others do. */
export async function decoy({ ln, r, p }: ScryptCost): Promise<ScryptHash> {
  const { randomBytes } = await import('node:crypto')
  return { ln, r, p, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) }
}

async function derive(password: string, { ln, r, p, salt, hash }: ScryptHash): Promise<Buffer> {
  const { scrypt } = await import('node:crypto')
  const N = 2 ** ln
  // OpenSSL counts the blocks of `p` and two more of N.
  const options = { N, r, p, maxmem: 128 * r * (N + p + 2) }
  return await new Promise((resolve, reject) => {
    scrypt(password, salt, hash.length, options, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
