import { PasswordFileError } from './errors.ts'
import { parseHash, type ScryptHash } from './scrypt-hash.ts'

/** The hash of each user. */
export type Users = ReadonlyMap<string, ScryptHash>

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const NO_NAME = /[:\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** The most bytes a name may have: what SOCKS has room for. */
const LONGEST_NAME = 255

/** Why a text can't be a user's name in a password file; `undefined` if it can. */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'a name is needed'
  if (NO_NAME.test(name)) return 'a name has neither a colon nor control characters'
  if (name.startsWith('#')) return 'a line that begins with # is a comment'
  if (name.trim() !== name) return 'a name neither begins nor ends with a space'
  if (Buffer.byteLength(name) > LONGEST_NAME) return `a name has at most ${LONGEST_NAME} bytes`
  return undefined
}

/**
 * Reads the lines of a password file, `name:HASH`. Empty lines and those that begin
 * with `#` say nothing.
 *
 * @throws PasswordFileError for the first line that is none of these
 */
export function parseLines(text: string, path: string): Users {
  const users = new Map<string, ScryptHash>()
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (isIdle(line)) continue
    const wrong = (reason: string, hint: string): PasswordFileError =>
      new PasswordFileError('ERR_PASSWORD_FILE_INVALID', path, `line ${at + 1} ${reason}`, { hint })
    const name = nameIn(line)
    if (name === undefined || nameFault(name) !== undefined) {
      throw wrong('is not NAME:HASH', `runner passwd ${path} NAME writes such lines`)
    }
    const mends = `runner passwd ${path} ${name} puts a hash of a password there`
    if (users.has(name)) {
      throw wrong(`has ${name} once more`, `runner passwd ${path} ${name} leaves one line`)
    }
    const hash = parseHash(line.slice(name.length + 1))
    if (hash === 'no hash') throw wrong('has a password, and no hash of one', mends)
    if (hash === 'not scrypt') throw wrong('has a hash that is not in the form of scrypt', mends)
    if (hash === 'too costly') throw wrong('has a hash that takes too much memory or time', mends)
    users.set(name, hash)
  }
  return users
}

/** The text with this as the one line of a user, in the place of the first there was. */
export function withUser(text: string, name: string, hash: string): string {
  const lines = linesOf(text)
  const at = lines.findIndex((line) => isOf(line, name))
  const place = at < 0 ? lines.length : at
  const before = lines.slice(0, place)
  const after = lines.slice(place).filter((line) => !isOf(line, name))
  return joined([...before, `${name}:${hash}`, ...after])
}

/** The text without the lines of a user; `undefined` if there are none. */
export function withoutUser(text: string, name: string): string | undefined {
  const lines = linesOf(text)
  const others = lines.filter((line) => !isOf(line, name))
  return others.length === lines.length ? undefined : joined(others)
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

function isIdle(line: string): boolean {
  return line.trim() === '' || line.startsWith('#')
}

function isOf(line: string, name: string): boolean {
  return !isIdle(line) && nameIn(line) === name
}

function nameIn(line: string): string | undefined {
  const colon = line.indexOf(':')
  return colon < 0 ? undefined : line.slice(0, colon)
}
