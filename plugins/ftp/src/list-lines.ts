import type { Stats } from 'node:fs'
import type { Entry } from './read-directory.ts'

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const HALF_A_YEAR = 182 * 86_400_000

/** A line of LIST, as `ls -l` writes it; whose a file is, is nobody's business. */
export function listLine({ name, stats }: Entry, now: number = Date.now()): string {
  const size = String(stats.size).padStart(12)
  return `${modeOf(stats)} ${String(stats.nlink).padStart(3)} ftp      ftp      ${size} ${dateOf(stats, now)} ${name}`
}

function modeOf(stats: Stats): string {
  const bits = [0o400, 0o200, 0o100, 0o40, 0o20, 0o10, 4, 2, 1]
  const letters = bits.map((bit, at) => (stats.mode & bit ? 'rwx'[at % 3] : '-'))
  return kindOf(stats) + letters.join('')
}

/** The letter that ls has for it. */
function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'd'
  if (stats.isFIFO()) return 'p'
  if (stats.isSocket()) return 's'
  if (stats.isCharacterDevice()) return 'c'
  return stats.isBlockDevice() ? 'b' : '-'
}

function dateOf(stats: Stats, now: number): string {
  const date = changed(stats)
  const age = now - date.getTime()
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())}`
  if (age > HALF_A_YEAR || age < -86_400_000) return `${day}  ${date.getUTCFullYear()}`
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
}

/** When it was changed, as MDTM and MLSD have it (RFC 3659, 2.3), in UTC. */
export function timeVal(stats: Stats): string {
  return changed(stats).toISOString().slice(0, 19).replace(/[-T:]/g, '')
}

/** A year has four digits; a file may say anything. */
const [FIRST, LAST] = [Date.parse('0000-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59Z')]

/** The nearest time that can be written. */
function changed({ mtimeMs }: Stats): Date {
  return new Date(Math.min(Math.max(mtimeMs, FIRST), LAST))
}

/** The facts of MLSD and MLST that can be had. */
export const FACTS = ['type', 'size', 'modify', 'perm', 'unix.mode'] as const

/** One of them. */
export type Fact = (typeof FACTS)[number]

/** What MLSD and MLST say of a name (RFC 3659, 7). */
export interface Facts {
  /** Which are wanted. */
  readonly wanted: ReadonlySet<Fact>
  /** Whether who asks may write. */
  readonly mayWrite: boolean
}

/** A line of MLSD or MLST; `type` where it is not told by what it is. */
export function factLine(
  { name, stats }: Entry,
  { wanted, mayWrite }: Facts,
  type: string = typeOf(stats),
): string {
  const values: Record<Fact, string | undefined> = {
    type,
    size: stats.isFile() ? String(stats.size) : undefined,
    modify: timeVal(stats),
    perm: permOf(stats, mayWrite),
    'unix.mode': `0${(stats.mode & 0o777).toString(8).padStart(3, '0')}`,
  }
  const said = FACTS.filter((fact) => wanted.has(fact) && values[fact] !== undefined)
  return `${said.map((fact) => `${fact}=${values[fact]};`).join('')} ${name}`
}

function typeOf(stats: Stats): string {
  if (stats.isDirectory()) return 'dir'
  return stats.isFile() ? 'file' : 'OS.unix=special'
}

function permOf(stats: Stats, mayWrite: boolean): string {
  if (stats.isDirectory()) return mayWrite ? 'elcmpdf' : 'el'
  return mayWrite ? 'rawdf' : 'r'
}
