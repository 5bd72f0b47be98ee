import { type CachedDirectory, isCachedDirectory, isListOf, isWatch } from './cached-directory.ts'
import { sameKey, type Watch } from './file-key.ts'

/** What is remembered of a directory, with each watch in it, none twice. */
export interface UnpackedDirectory extends CachedDirectory {
  readonly all: readonly Watch[]
}

/** A directory as it is written: what many dropins rest on is written once. */
interface PackedDirectory {
  readonly all: readonly Watch[]
  /** A directory with numbers of watches for watches. */
  readonly content: unknown
}

/** Makes of a directory what is written of it. */
export function packed(directory: CachedDirectory): PackedDirectory {
  const all: Watch[] = []
  const numbers = new Map<string, number[]>()
  const numberOf = (watch: Watch): number => {
    const known = numbers.get(watch[0]) ?? []
    numbers.set(watch[0], known)
    const same = known.find((number) => isSame(all[number]![1], watch[1]))
    return same ?? known[known.push(all.push(watch) - 1) - 1]!
  }
  const content = withWatches(directory, (watch) => watch.map(numberOf))
  return { all, content }
}

/** The directory that was written; `undefined` for what is none. */
export function unpacked({
  all,
  content,
}: Partial<PackedDirectory>): UnpackedDirectory | undefined {
  if (!isListOf(all, isWatch)) return undefined
  const watches = all as readonly Watch[]
  const isNumber = (value: unknown): boolean => watches[value as number] !== undefined
  if (!isCachedDirectory(content, isNumber)) return undefined
  const watchesOf = (numbers: unknown): Watch[] =>
    (numbers as number[]).map((number) => watches[number]!)
  return { ...withWatches(content, watchesOf), all: watches }
}

function withWatches<T>(
  { watch, units }: CachedDirectory,
  change: (watch: readonly Watch[]) => T,
): { watch: T; units: (readonly [string, never])[] } {
  const changed = units.map(([name, unit]) => {
    const dropins = unit.dropins.map((dropin) => ({ ...dropin, watch: change(dropin.watch) }))
    return [name, { ...unit, watch: change(unit.watch), dropins }] as unknown as [string, never]
  })
  return { watch: change(watch), units: changed }
}

function isSame(one: Watch[1], other: Watch[1]): boolean {
  return typeof one === 'string' || typeof other === 'string' ? one === other : sameKey(one, other)
}
