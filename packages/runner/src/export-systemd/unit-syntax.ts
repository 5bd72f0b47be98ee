import { UsageError } from '@runnerd/options'

/** A control character: a line break would begin another setting. */
const CONTROL = /\p{Cc}/u

/**
 * One word of a command line, as systemd.service(5) reads it: `%` begins a specifier
 * and `$` a variable unless it is doubled, and a quoted word has escapes as C's.
 *
 * @param variables whether `$` means something, which it doesn't in the path of a program
 */
export function commandWord(text: string, variables = true): string {
  const literal = variables ? text.replaceAll('$', '$$$$') : text
  return quoted(literal)
}

/** What stands in `Environment=`, where `$` means itself. */
export function assignment(name: string, value: string): string {
  return quoted(`${name}=${value}`)
}

/** As `assignment`, of a value with specifiers in it. */
export function specifiedAssignment(name: string, value: string): string {
  return `${name}=${value}`
}

function quoted(text: string): string {
  const literal = text.replaceAll('%', '%%')
  if (/^[A-Za-z0-9_@%+=:,./$-]+$/.test(literal)) return literal
  const inside = literal.replace(/["\\\p{Cc}]/gu, escaped)
  return `"${inside}"`
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  // What comes after those of ASCII is no single byte, and needs no escape.
  if (character > '\x7f') return character
  const known: { readonly [character: string]: string } = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }
  return known[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/**
 * A path that is a setting by itself, and not quoted.
 *
 * @throws UsageError for one that can't be written so
 */
export function wholePath(path: string): string {
  if (CONTROL.test(path) || /^\s|\s$|\\$/.test(path)) throw unwritable(path)
  return path.replaceAll('%', '%%')
}

/**
 * A path among others of a setting.
 *
 * @throws UsageError for one that can't be written so
 */
export function listedPath(path: string): string {
  if (CONTROL.test(path)) throw unwritable(path)
  const escaped = path.replaceAll('%', '%%')
  if (/^[A-Za-z0-9_@%+=,./-]+$/.test(escaped)) return escaped
  return `"${escaped.replace(/["\\]/g, '\\$&')}"`
}

/** A line of text for people. */
export function plainValue(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .replaceAll('%', '%%')
    .replace(/\\+$/, '')
}

function unwritable(path: string): UsageError {
  return new UsageError(
    `cannot export to systemd: no unit can name the path ${JSON.stringify(path)}`,
  )
}
