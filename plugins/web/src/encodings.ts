import Negotiator from 'negotiator'

/** How a file may be there compressed: beside it, with another name. */
export interface Encoding {
  readonly name: string
  readonly extension: string
}

/** Its types are older than this. */
interface Preferring {
  encodings(available: string[], options: { preferred: string[] }): string[]
}

const known: readonly Encoding[] = [
  { name: 'br', extension: '.br' },
  { name: 'zstd', extension: '.zst' },
  { name: 'gzip', extension: '.gz' },
]

const preferred = known.map(({ name }) => name)
const available = [...preferred, 'identity']

/** Most clients send one of a few headers. */
const MOST = 100

const read = new Map<string, readonly Encoding[]>()

/** The encodings that a client would rather have than none, the best first. */
export function wantedEncodings(header: string | undefined): readonly Encoding[] {
  if (header === undefined) return []
  const before = read.get(header)
  if (before !== undefined) return before
  const negotiator: Preferring = new Negotiator({ headers: { 'accept-encoding': header } })
  const names = negotiator.encodings(available, { preferred })
  const identity = names.indexOf('identity')
  const better = identity === -1 ? names : names.slice(0, identity)
  const wanted = better.map((name) => known.find((each) => each.name === name) as Encoding)
  if (read.size < MOST) read.set(header, wanted)
  return wanted
}
